// SPDX-License-Identifier: Apache-2.0
// Session tokens: see token.h.
#include "methods/token.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SECRET_BYTES = 32, SECRET_TEXT_BYTES = 43 };
static const char SCHEME[] = "Bearer ";
static const char VERSION[] = "kam1.";
static const char LETTERS[] = "rms"; // in the order of enum table_role
static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static enum status refuse(struct error *error)
{
    return error_set(error, STATUS_UNAUTHENTICATED, "NO_SESSION",
                     "log in first: call kam.v1.SessionService/Login and send its token as metadata \"authorization: "
                     "Bearer TOKEN\"");
}

enum status token_read(const char *authorization, enum table_role *role_r, uint8_t hash_r[TOKEN_HASH_BYTES],
                       struct error *error)
{
    if (authorization == NULL || strncasecmp(authorization, SCHEME, sizeof SCHEME - 1) != 0)
        return refuse(error);
    const char *token = authorization + sizeof SCHEME - 1;
    if (strlen(token) != TOKEN_TEXT_BYTES - 1 || strncmp(token, VERSION, sizeof VERSION - 1) != 0)
        return refuse(error);
    const char *letter = strchr(LETTERS, token[sizeof VERSION - 1]);
    const char *secret = token + sizeof VERSION + 1;
    if (letter == NULL || *letter == '\0' || secret[-1] != '.' || strspn(secret, ALPHABET) != SECRET_TEXT_BYTES)
        return refuse(error);
    *role_r = (enum table_role)(letter - LETTERS);
    crypto_generichash(hash_r, TOKEN_HASH_BYTES, (const unsigned char *)token, TOKEN_TEXT_BYTES - 1, NULL, 0);
    return STATUS_OK;
}

void token_make(enum table_role role, char text_r[TOKEN_TEXT_BYTES], uint8_t hash_r[TOKEN_HASH_BYTES])
{
    unsigned char secret[SECRET_BYTES];
    randombytes_buf(secret, sizeof secret);
    char encoded[SECRET_TEXT_BYTES + 1];
    sodium_bin2base64(encoded, sizeof encoded, secret, sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    snprintf(text_r, TOKEN_TEXT_BYTES, "%s%c.%s", VERSION, LETTERS[role], encoded);
    crypto_generichash(hash_r, TOKEN_HASH_BYTES, (const unsigned char *)text_r, TOKEN_TEXT_BYTES - 1, NULL, 0);
    sodium_memzero(secret, sizeof secret);
}

enum table_role token_role_from_name(const char *name)
{
    static const char *const NAMES[] = {"rep", "manager", "service"};
    for (int at = 0; at < 3; at++)
        if (strcmp(name, NAMES[at]) == 0)
            return (enum table_role)at;
    return TABLE_ROLE_COUNT;
}
