// SPDX-License-Identifier: Apache-2.0
// kam.v1.SessionService/ChangePassword
#ifndef KAM_METHODS_CHANGE_PASSWORD_H
#define KAM_METHODS_CHANGE_PASSWORD_H

#include "methods/handler.h"

extern const struct method_handler CHANGE_PASSWORD_HANDLER;

#endif
