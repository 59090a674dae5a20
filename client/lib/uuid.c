// SPDX-License-Identifier: Apache-2.0
// Identifiers that the client makes.
#include <openssl/evp.h>
#include <string.h>

#include "base/uuid.h"
#include "kam.h"

_Static_assert((int)KAM_UUID_TEXT_BYTES == (int)UUID_TEXT_BYTES, "one size of UUID text");

void kam_uuid_make(char text_r[KAM_UUID_TEXT_BYTES])
{
    uint8_t uuid[UUID_BYTES];
    uuid_make(uuid);
    uuid_format(uuid, text_r);
}

bool kam_uuid_of_name(const char *namespace_id, const char *name, char text_r[KAM_UUID_TEXT_BYTES])
{
    uint8_t uuid[UUID_BYTES], digest[EVP_MAX_MD_SIZE];
    if (!uuid_parse(namespace_id, uuid))
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_made = context != NULL && EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1 &&
                   EVP_DigestUpdate(context, uuid, sizeof uuid) == 1 &&
                   EVP_DigestUpdate(context, name, strlen(name)) == 1 && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    if (!is_made)
        return false;
    memcpy(uuid, digest, sizeof uuid);
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x50);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    uuid_format(uuid, text_r);
    return true;
}
