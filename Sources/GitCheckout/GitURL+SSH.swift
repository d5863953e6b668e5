// What ssh, and the shell on its other end, get to see of a URL.
extension GitURL {
    /// Without its port and the brackets of an IPv6 address.
    var host: String {
        guard authority.hasPrefix("["), let end = authority.firstIndex(of: "]") else {
            return String(authority.prefix { $0 != ":" })
        }
        return String(authority[authority.index(after: authority.startIndex)..<end])
    }

    /// Nil where the URL names none.
    var port: Int? {
        let end = authority.firstIndex(of: "]") ?? authority.startIndex
        guard let colon = authority[end...].lastIndex(of: ":") else { return nil }
        return Int(authority[authority.index(after: colon)...])
    }

    /// The repository as `git-upload-pack` is asked for it: `~user/x` is left to it, and a short form's path is
    /// relative.
    var sshPath: String {
        if isShort { return String(path.dropFirst()) }
        let decoded = Self.percentDecoded(path)
        return decoded.hasPrefix("/~") ? String(decoded.dropFirst()) : decoded
    }

    /// What makes an ssh URL one that is refused; nil for nothing. Names go to ssh's configuration and from there into
    /// commands (`ProxyCommand … %h`), the path between quotes into the other end's shell.
    var sshFault: String? {
        func isName(_ text: String, _ more: String) -> Bool {
            text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || more.unicodeScalars.contains($0))
            }
        }
        if host.isEmpty || host.hasPrefix("-") || !isName(host, "0123456789._-:%") { return "has a malformed host" }
        if authority.hasSuffix(":") || authority.contains(":") && !authority.hasPrefix("[") && port == nil {
            return "has a malformed port"
        }
        if let port, !(1...65535).contains(port) { return "has a malformed port" }
        if let user, user.isEmpty || !isName(user, "0123456789._-+~@") { return "has a malformed user" }
        let path = sshPath
        if path.hasPrefix("-") { return "looks like an option" }
        let isBad = path.unicodeScalars.contains {
            $0.value < 32 || $0.value == 127 || "'!\\".unicodeScalars.contains($0)
        }
        return isBad ? "has a path that a shell could take for more" : nil
    }
}
