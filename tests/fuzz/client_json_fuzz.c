// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// JSON to messages: what is taken must come out again, and be taken again as the same.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "contract.h"
#include "kam.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const ProtobufCMessageDescriptor *descriptor = contract_messages[data[0] % contract_message_count].descriptor;
    struct kam_error error = {0};
    ProtobufCMessage *message = kam_json_parse((const char *)data + 1, size - 1, descriptor, &error);
    if (message == NULL) {
        REQUIRE(error.code == KAM_INVALID_ARGUMENT && *error.message != '\0');
        kam_error_clear(&error);
        return 0;
    }
    char *once = kam_json_format(message, 0);
    ProtobufCMessage *again = kam_json_parse(once, strlen(once), descriptor, &error);
    if (again != NULL) {
        char *twice = kam_json_format(again, 0);
        REQUIRE(strcmp(once, twice) == 0);
        free(twice);
    }
    kam_error_clear(&error);
    kam_message_free(again);
    kam_message_free(message);
    free(once);
    return 0;
}
