#!/usr/bin/env bash
# The main job from end to end on loopback, with the programs of the folder given: a hub with a small valid model, a git
# repository with a real C worker, a release archive, and a vendor in Python; each command is printed before it runs.
set -euo pipefail

bin=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'status=$?; [ -z "${hub:-}" ] || kill "$hub" 2>/dev/null || true; chmod -R u+w "$work"; rm -rf "$work"; exit $status' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '\033[36m$ %s\033[0m\n' "$*"; "$@"; }
export PATH="$bin:$PATH" HOME="$work/home" RBEE_HOME="$work/store" GIT_CONFIG_NOSYSTEM=1
unset RBEE_VENDORS_D HF_TOKEN HF_HOME XDG_CACHE_HOME XDG_CONFIG_HOME
mkdir -p "$work"/{home,vendors.d,hub/models/demo/tiny,hub/files,hub/git}

# The hub: two quantizations of a model, the worker's repository behind a password, and a release of it.
rbee-test-hub make-gguf "$work/hub/models/demo/tiny/tiny-Q4_K_M.gguf" --megabytes 8
rbee-test-hub make-gguf "$work/hub/models/demo/tiny/tiny-Q8_0.gguf" --quantization Q8_0 --megabytes 12
echo "# tiny" >"$work/hub/models/demo/tiny/README.md"

cp -r "$here/Fixtures/demo-worker" "$work/source"
git -C "$work/source" init --quiet --initial-branch=main
git -C "$work/source" add .
git -C "$work/source" -c user.name=demo -c user.email=demo@example.invalid commit --quiet --message="Read a GGUF header"
git clone --quiet --bare "$work/source" "$work/hub/git/demo-worker.git"
echo "bot:mirror-password" >"$work/hub/git/demo-worker.git.auth"

mkdir -p "$work/release/demo-tool-1.0.0/bin"
make --quiet -C "$work/source" variant=cpu
cp "$work/source/demo-worker-cpu" "$work/release/demo-tool-1.0.0/bin/demo-tool"
archive=demo-tool-1.0.0-linux-$(uname -m)-cpu.tar.gz
tar -C "$work/release" -czf "$work/hub/files/$archive" demo-tool-1.0.0
digest=$(sha256sum "$work/hub/files/$archive" | cut -d ' ' -f 1)

coproc HUB { exec rbee-test-hub serve --folder "$work/hub"; }
hub=$HUB_PID
read -r ready <&"${HUB[0]}"
HF_ENDPOINT=$(sed -E 's/.*"hub":"([^"]*)".*/\1/' <<<"$ready")
export HF_ENDPOINT EXAMPLE_HUB=$HF_ENDPOINT RBEE_VENDORS_D="$work/vendors.d"

# vendors.d: the worker's repository by a mirror that wants a password, and the vendor in Python.
export MIRROR_PASSWORD=mirror-password
cat >"$work/vendors.d/demo.toml" <<TOML
name = "demo"
module = "git"
provides = ["workers"]

[git]
url = "$HF_ENDPOINT/git/demo-worker.git"
branch = "main"
username = "bot"
token = { env = "MIRROR_PASSWORD" }
mirrors = ["http://127.0.0.1:1/demo-worker.git"]

[[worker]]
name = "demo-worker"
default = true
variants = ["cpu", "cuda"]
build = ["make variant=\"\$variant\""]
binary = "demo-worker-\${variant}"
requires = { all = ["make", "gcc"], cuda = ["nvcc"] }
smoke-test = ["--version"]
TOML

say "A model: resolved, downloaded, verified, published, catalogued"
run rbee-hive model download demo/tiny:Q4_K_M
run rbee-hive model download demo/tiny:Q4_K_M

say "A worker, built from git in a sandbox; the first mirror is dead"
run rbee-hive worker build cpu
printf '\033[36m$ rbee-hive worker build cuda\033[0m\n'
if command -v nvcc >/dev/null; then rbee-hive worker build cuda || true; else
  rbee-hive worker build cuda && exit 1
  echo "(exit $?)"
fi

say "A worker from a release archive"
run rbee-hive worker install "$HF_ENDPOINT/files/$archive#sha256=$digest"

say "A vendor dropped in: a file in vendors.d and a script"
cp "$project"/Plugins/Examples/example-hub/* "$work/vendors.d/"
run rbee-hive vendor list
run rbee-hive model download example:demo/tiny:Q8_0

say "All that is here"
run rbee-hive model list
run rbee-hive worker list
run rbee-hive model show demo/tiny:Q4_K_M
run rbee-hive worker show demo-worker
run rbee-hive model verify
run rbee-hive worker verify

say "The built worker on the downloaded model"
worker=$(rbee-hive worker path demo-worker)
model=$(rbee-hive model path demo/tiny:Q4_K_M)
run "$worker" "$model"

say "Removed"
run rbee-hive model remove demo/tiny:Q4_K_M
run rbee-hive gc
run rbee-hive model list
