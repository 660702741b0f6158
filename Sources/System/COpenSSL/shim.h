#pragma once
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/core_dispatch.h>

// A macro of macros, which Swift does not import.
static const int cairn_EVP_PKEY_PUBLIC_KEY = EVP_PKEY_PUBLIC_KEY;

// Names of parameters as C strings that outlive the call that takes them.
static inline const char *cairn_param_group(void) { return OSSL_PKEY_PARAM_GROUP_NAME; }
static inline const char *cairn_param_public_key(void) { return OSSL_PKEY_PARAM_PUB_KEY; }
