import ArtifactTypes
import SystemPackage
import TestSupport
import Testing
import WorkerBuild

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What recipes try that mean harm, each of them wherever a recipe can run something.
@Suite(.sandboxed, .timeLimit(.minutes(1)))
struct HostileRecipeTests {
    /// A shell command that ends with 0 only where it got through. Words in capitals are filled in.
    static let attempts: [(name: String, command: String)] = [
        ("read a token of the home", "cat HOME_OF_USER/token"),
        ("write to the home", "mkdir -p HOME_OF_USER && touch HOME_OF_USER/evil && grep -q HOME_OF_USER /proc/mounts"),
        ("see the other folders of the store", "ls FOLDER/checkout || ls FOLDER/scratch"),
        ("see root's home", "ls /root"),
        ("see everyone's home", "ls /home"),
        ("read the password hashes", "cat /etc/shadow"),
        ("read private keys", "ls /etc/ssl/private || ls /etc/ssh"),
        ("know the machine", "cat /etc/machine-id || cat /etc/hostname"),
        ("find a secret in its environment", "test -n \"$SECRET_TOKEN$HF_TOKEN$SSH_AUTH_SOCK\""),
        ("find a secret of another process", "grep -aq 'canar[y]-5d81' /proc/[0-9]*/environ /proc/[0-9]*/cmdline"),
        ("reach a port of the machine", "bash -c 'echo > /dev/tcp/127.0.0.1/PORT'"),
        ("reach a machine outside", "timeout 2 bash -c 'echo > /dev/tcp/192.0.2.1/53'"),
        (
            "reach an abstract socket",
            "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0ABSTRACT\")'"
        ),
        ("reach the container daemon", "ls /var/run/docker.sock || ls /run/dbus"),
        ("make a device", "mknod /tmp/disk b 8 0"),
        ("read memory", "head -c 1 /dev/mem || head -c 1 /dev/kmsg"),
        ("mount", "mount -t tmpfs none /mnt || mount -o remount,rw /usr"),
        ("change the system", "touch /usr/evil || touch /bin/evil || touch /lib/evil"),
        ("change the configuration", "touch /etc/evil || echo evil >> /etc/passwd"),
        ("set the kernel", "echo 1 > /proc/sys/kernel/sysrq || echo b > /proc/sysrq-trigger"),
        ("see the hardware", "ls /sys/class"),
        ("make a namespace of its own", "unshare --user true"),
        ("leave the root", "chroot / true"),
        ("rename the machine", "hostname evil"),
        ("type into the terminal", "python3 -c 'import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, b\"x\")'"),
        ("signal a process of the machine", "kill -0 PROCESS"),
        ("raise its limits", "prlimit --pid $$ --nproc=unlimited:unlimited && prlimit --pid $$ --core=1:1"),
        ("become another", "setpriv --reuid=12345 true || su -c true nobody"),
    ]

    /// How long the process sleeps that each script leaves behind. The tests run at once: each looks for its own.
    private let sleep = "86341.\(Int.random(in: 1_000_000..<10_000_000))"

    private func script(_ bench: Workbench, _ listener: Listener) -> String {
        Self.attempts.map { name, command in
            let filled = command.replacing("HOME_OF_USER", with: bench.home.string)
                .replacing("FOLDER", with: bench.folder.path.string).replacing("PORT", with: "\(listener.port)")
                .replacing("PROCESS", with: "\(getpid())").replacing("ABSTRACT", with: listener.abstractName)
            return "if (\(filled)) >/dev/null 2>&1 </dev/null; then echo 'DID \(name)' >&2; fi"
        }.joined(separator: "\n") + "\nsetsid nohup sleep \(sleep) >/dev/null 2>&1 </dev/null &\necho 'ALL tried' >&2\n"
    }

    private func check(_ lines: Lines, _ bench: Workbench) {
        #expect(lines.all.contains("ALL tried"), "\(lines.all)")
        #expect(lines.all.filter { $0.hasPrefix("DID ") } == [])
        #expect(processes(with: sleep).isEmpty)
        #expect(text(bench.home.appending("token").string) == Workbench.canary)
        #expect(text(bench.home.appending("evil").string) == nil)
    }

    @Test("a line of a recipe gets through with nothing")
    func line() async throws {
        let (bench, listener, lines) = (try Workbench(), try Listener(), Lines())
        _ = try? await bench.build(Workbench.table([script(bench, listener)]), onLine: lines.take)
        check(lines, bench)
    }

    @Test("a PKGBUILD gets through with nothing, neither while it is read nor in a function, as root of its own or not")
    func pkgbuild() async throws {
        for place in ["reading", "prepare", "build", "package"] {
            let (bench, listener, lines) = (try Workbench(), try Listener(), Lines())
            let body = script(bench, listener)
            let run = place == "reading" ? body : "\(place)() {\n\(body)}\n"
            let rest = place == "package" ? "" : "package() { :; }\n"
            try bench.folder.write("pkgname=a\npkgver=1\n\(run)\(rest)".utf8, to: "checkout/packaging/PKGBUILD")
            let package = try await PackageTests.package(bench, lines: lines)
            let evaluated = try await package.evaluate()
            // It packages nothing, which is told after all of it has run.
            let error = await #expect(throws: BuildError.self) { try await package.build(evaluated) }
            #expect(error?.code == .unsafeOutput)
            check(lines, bench)
        }
    }
}
