import ArtifactTypes
import Processes
import SystemPackage
import TestSupport
import Testing
import WorkerBuild

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a hostile recipe tries, and does not get.
@Suite(.sandboxed, .serialized, .timeLimit(.minutes(1)))
struct EscapeTests {
    @Test("a build cannot read or write the user's home, by any of its names")
    func home() async throws {
        let bench = try Workbench()
        let lines = Lines()
        let table = Workbench.table([
            "cat '\(bench.home)/token' 2>&1 || true",
            "mkdir -p '\(bench.home)' 2>&1 || true",
            "echo evil > '\(bench.home)/evil' || true",
            "echo evil > ~/evil; echo evil > /tmp/evil",
            "ls -a /root /home '\(bench.folder.path)' 2>&1 || true",
            "find / -xdev -name token 2>/dev/null || true",
        ])
        _ = try? await bench.build(table, onLine: lines.take)
        #expect(lines.all.count > 6)
        #expect(!lines.all.contains { $0.contains(Workbench.canary) })
        #expect(text(bench.home.appending("evil").string) == nil)
        #expect(text("/tmp/evil") == nil)
    }

    @Test("a build cannot read a secret from any process's environment or command line")
    func environmentSecret() async throws {
        let bench = try Workbench()
        // Not in this process's own environment, which other tests read meanwhile.
        let holder = ProcessRequest(
            executable: "/bin/sleep", arguments: ["60"], environment: ["RBEE_TEST_SECRET": Workbench.canary])
        let lines = Lines()
        let table = Workbench.table([
            "env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; echo pids $(ls /proc | grep -c '^[0-9]')"
        ])
        try await withProcess(holder, stderr: { _ in }) { _ in
            _ = try? await bench.build(table, onLine: lines.take)
        }
        #expect(!lines.all.contains { $0.contains(Workbench.canary) })
        let count = try #require(lines.all.last { $0.hasPrefix("pids ") }.flatMap { Int($0.dropFirst(5)) })
        #expect(count < 10, "its own processes alone")
    }

    @Test("a build reaches no socket of the machine; a step with network does")
    func network() async throws {
        let listener = try Listener()
        let bench = try Workbench(["connect.c": Self.connect])
        let lines = Lines()
        let connect = "./connect \(listener.port) \(listener.abstractName)"
        let table = Workbench.table(
            ["echo step build", connect], network: ["gcc connect.c -o connect", "echo step network", connect])
        _ = try? await bench.build(table, onLine: lines.take)
        let said = lines.all.filter { $0.hasPrefix("step") || $0.hasPrefix("tcp") || $0.hasPrefix("unix") }
        #expect(said == ["step network", "tcp yes", "unix yes", "step build", "tcp no", "unix no"])
    }

    @Test("a daemon in a session of its own does not outlive the build")
    func daemon() async throws {
        let bench = try Workbench()
        let table = Workbench.table([
            "setsid nohup sleep 86311 >/dev/null 2>&1 </dev/null & sleep 0.2; echo '#!/bin/sh' > worker; chmod +x worker"
        ])
        _ = try await bench.build(table)
        #expect(processes(with: "86311").isEmpty)
    }

    @Test(
        "a link as output, or on the way to it, is refused",
        arguments: [
            ("ln -s /bin/sh worker", "worker"), ("ln -s ../home/token worker", "worker"),
            ("ln -s /usr/bin out", "out/env"), ("mkdir a; ln -s /usr a/b", "a/b/bin/env"),
        ])
    func links(line: String, binary: String) async throws {
        let error = await (try Workbench()).failure([line], binary: binary)
        #expect(error?.code == .unsafeOutput)
        #expect(error?.message.contains("link") == true)
    }

    @Test("the system, its accounts and the kernel's settings cannot be changed, and no device is there")
    func system() async throws {
        let bench = try Workbench()
        let lines = Lines()
        let attempts = [
            "touch /usr/evil", "touch /etc/evil", "touch /evil", "mkdir /run/evil", "touch /dev/evil",
            "mknod /tmp/disk b 8 0", "mount -t tmpfs none /tmp", "cat /etc/shadow", "ls /etc/ssl/private",
            "echo 1 > /proc/sys/kernel/sysrq", "chroot / true", "ls /sys/kernel", "cat /dev/mem",
            "kill -9 1 && sleep 1", "touch /tmp/allowed",
        ]
        let table = Workbench.table(attempts.map { "if (\($0)) >/dev/null 2>&1; then echo 'DID \($0)'; fi" })
        _ = try? await bench.build(table, onLine: lines.take)
        // A signal to the namespace's first process is taken and comes to nothing.
        let done = lines.all.filter { $0.hasPrefix("DID ") && !$0.hasPrefix("DID kill") }
        #expect(done == ["DID touch /tmp/allowed"])
    }

    @Test("a fork bomb is ended, and none of it is left")
    func forkBomb() async throws {
        let limits = BuildLimits(time: .seconds(50), processes: 100)
        let bomb = "i=0; while [ $i -lt 400 ]; do sleep 86312 & i=$((i+1)); done; wait"
        let error = await (try Workbench()).failure([bomb], limits: limits)
        // As root the watch ends it; another user's forks fail before that.
        #expect(error?.code == .limit || error?.code == .failed)
        #expect(processes(with: "86312").isEmpty)
    }

    @Test(
        "a build that fills the disk is ended, in its checkout, its home and /tmp alike", arguments: [".", "~", "/tmp"])
    func disk(folder: String) async throws {
        let limits = BuildLimits(time: .seconds(50), disk: 8 << 20)
        let fill = "i=0; while :; do head -c 1000000 /dev/zero > \(folder)/fill$i; i=$((i+1)); sleep 0.02; done"
        let error = await (try Workbench()).failure([fill], limits: limits)
        #expect(error?.code == .limit)
        #expect(error?.message.contains("disk") == true)
    }

    @Test("processes that together take more memory than the build may are ended")
    func memoryTogether() async throws {
        let source = """
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            int main(void) { char *p = malloc(60 << 20); if (!p) return 9; memset(p, 1, 60 << 20); sleep(86317); }
            """
        let limits = BuildLimits(time: .seconds(50), memory: 200 << 20)
        let error = await (try Workbench(["hog.c": source])).failure(
            ["gcc hog.c -o hog", "for i in 1 2 3 4 5; do ./hog & done; wait"], limits: limits)
        #expect(error?.code == .limit)
        #expect(error?.message.contains("memory") == true)
    }

    @Test("a process that takes more memory than it may does not get it")
    func memory() async throws {
        let source = """
            #include <stdlib.h>
            #include <string.h>
            int main(void) { char *p = malloc(400 << 20); if (!p) return 9; memset(p, 1, 400 << 20); return 0; }
            """
        let limits = BuildLimits(time: .seconds(50), memory: 300 << 20)
        let error = await (try Workbench(["hog.c": source])).failure(["gcc hog.c -o hog", "./hog"], limits: limits)
        #expect(error?.code == .failed)
        #expect(error?.message.contains("exit status 9") == true)
    }

    /// Says whether a TCP port of loopback and an abstract socket can be reached.
    static let connect = """
        #include <arpa/inet.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        int main(int count, char **words) {
            struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
            tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            int one = socket(AF_INET, SOCK_STREAM, 0);
            printf("tcp %s\\n", connect(one, (struct sockaddr *)&tcp, sizeof tcp) ? "no" : "yes");
            struct sockaddr_un name = {.sun_family = AF_UNIX};
            strcpy(name.sun_path + 1, words[2]);
            socklen_t size = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(words[2]);
            int two = socket(AF_UNIX, SOCK_STREAM, 0);
            printf("unix %s\\n", connect(two, (struct sockaddr *)&name, size) ? "no" : "yes");
            return 0;
        }
        """
}
