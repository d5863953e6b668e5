import CCurl
import Glibc

extension TransferError {
    /// What libcurl's code means here (libcurl-errors(3)).
    init(curl code: CURLcode, _ text: String, url: String) {
        let message = text.prefix(1).lowercased() + text.dropFirst()
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            self.init(.timeout, message, url: url)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            self.init(.tls, message, url: url)
        case CURLE_SSL_CONNECT_ERROR:
            // A handshake that a reset ended may do better next time.
            self.init(.tls, message, url: url, isTransient: true)
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE,
            CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_PROXY,
            CURLE_AGAIN, CURLE_SEND_FAIL_REWIND:
            self.init(.connect, message, url: url)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN:
            self.init(.unsupported, message, url: url)
        case CURLE_OUT_OF_MEMORY:
            self.init(.io(errno: ENOMEM), message, url: url)
        default:
            self.init(.protocolViolation, message, url: url)
        }
    }
}
