"""A small model on a hub that speaks three services' languages, and the vendors that ask it."""

import json
import shutil
import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "Plugins/Examples"


class Vendors:
    """Served until `stop`; `folder` is a vendors.d of programs, beside those that are linked in."""

    def __init__(self, programs: Path, work: Path):
        model = work / "served/models/civitai/1"
        model.mkdir(parents=True, exist_ok=True)
        if not (model / "tiny-Q4_K_M.gguf").exists():
            subprocess.run([programs / "rbee-test-hub", "make-gguf", model / "tiny-Q4_K_M.gguf"], check=True)
        self.folder = work / "vendors.d"
        self.folder.mkdir(exist_ok=True)
        for file in [*EXAMPLES.glob("example-hub/*"), EXAMPLES / "civitai/civitai.toml"]:
            shutil.copy(file, self.folder)
        settings = self.folder / "civitai.toml"
        settings.write_text(settings.read_text().replace('"rbee-vendor-civitai"', f'"{programs}/rbee-vendor-civitai"'))
        self.server = subprocess.Popen([programs / "rbee-test-hub", "serve", "--folder", work / "served"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.hub = json.loads(self.server.stdout.readline())["hub"]
        self.environment = {"HF_ENDPOINT": self.hub, "CIVITAI_ENDPOINT": self.hub, "EXAMPLE_HUB": self.hub,
                            "HF_TOKEN": "", "RBEE_VENDORS_D": str(self.folder)}

    def stop(self):
        self.server.stdin.close()
        self.server.wait()
