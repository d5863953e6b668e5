import CCurl

/// libcurl, with the TLS and compression that it was built with, as `libcurl/7.88.1 OpenSSL/3.0.15 …`.
public var transferLibraryVersion: String { String(cString: curl_version()) }
