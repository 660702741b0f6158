#pragma once
#include <curl/curl.h>

// curl's setters are variadic, and macros besides: Swift needs one function per kind of argument.
static inline CURLcode cairn_curl_set_long(CURL *handle, CURLoption option, long value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cairn_curl_set_text(CURL *handle, CURLoption option, const char *value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cairn_curl_set_pointer(CURL *handle, CURLoption option, void *value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cairn_curl_set_size(CURL *handle, CURLoption option, curl_off_t value)
{
    return curl_easy_setopt(handle, option, value);
}

// Also the type of a header callback.
typedef size_t (*cairn_curl_receive)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode cairn_curl_set_receive(CURL *handle, CURLoption option, cairn_curl_receive callback)
{
    return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode cairn_curl_status(CURL *handle, long *status)
{
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, status);
}

// The socket of a handle that was connected with CURLOPT_CONNECT_ONLY.
static inline CURLcode cairn_curl_socket(CURL *handle, curl_socket_t *descriptor)
{
    return curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, descriptor);
}

static inline CURLMcode cairn_curl_multi_set_long(CURLM *handle, CURLMoption option, long value)
{
    return curl_multi_setopt(handle, option, value);
}

// The next finished transfer of a multi handle, or NULL; `result` gets how it ended.
static inline CURL *cairn_curl_next_finished(CURLM *multi, CURLcode *result)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}
