-- SPDX-License-Identifier: Apache-2.0
x.sequence, x.time, x.actor_id, x.entity, x.record_id, x.account_id, x.operation, x.version, x.reason,
            x.old_values, x.new_values, x.guarded_old_values, x.guarded_new_values
