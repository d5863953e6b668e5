#pragma once
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// curl_easy_setopt and its like are variadic, which Swift cannot call: one function a type of argument.

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *value) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, value);
}

static inline CURLcode ccurl_set_body(CURL *easy, const void *bytes, curl_off_t count) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, count);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_POSTFIELDS, bytes);
}

/// The same `context` goes to all four callbacks.
static inline CURLcode ccurl_set_callbacks(CURL *easy, void *context, curl_write_callback header,
                                           curl_write_callback body, curl_opensocket_callback open,
                                           curl_prereq_callback before_request) {
    CURLcode code = CURLE_OK;
#define CCURL_SET(option, value) \
    if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value)
    CCURL_SET(CURLOPT_HEADERFUNCTION, header);
    CCURL_SET(CURLOPT_HEADERDATA, context);
    CCURL_SET(CURLOPT_WRITEFUNCTION, body);
    CCURL_SET(CURLOPT_WRITEDATA, context);
    CCURL_SET(CURLOPT_OPENSOCKETFUNCTION, open);
    CCURL_SET(CURLOPT_OPENSOCKETDATA, context);
    CCURL_SET(CURLOPT_PREREQFUNCTION, before_request);
    CCURL_SET(CURLOPT_PREREQDATA, context);
    CCURL_SET(CURLOPT_PRIVATE, context);
#undef CCURL_SET
    return code;
}

static inline CURLcode ccurl_get_private(CURL *easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, value);
}

/* Microseconds until the connection stood; 0 where it never did. */
static inline curl_off_t ccurl_pretransfer_time(CURL *easy) {
    curl_off_t time = 0;
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &time);
    return time;
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLSHcode ccurl_share_set(CURLSH *share, CURLSHoption option, long value) {
    return curl_share_setopt(share, option, value);
}

/// Writes the numeric address into `text`, which holds at least INET6_ADDRSTRLEN bytes; 0 for a family that is not IP.
static inline int ccurl_address_text(const struct curl_sockaddr *address, char *text) {
    const struct sockaddr *base = &address->addr;
    if (base->sa_family == AF_INET)
        return inet_ntop(AF_INET, &((const struct sockaddr_in *)base)->sin_addr, text, INET6_ADDRSTRLEN) != NULL;
    if (base->sa_family == AF_INET6)
        return inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)base)->sin6_addr, text, INET6_ADDRSTRLEN) != NULL;
    return 0;
}

static inline curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address) {
#ifdef SOCK_CLOEXEC
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    return socket(address->family, address->socktype, address->protocol);
#endif
}
