-- SPDX-License-Identifier: Apache-2.0
l.id, l.name, l.note, l.starts_on, l.ends_on, l.owner_id, o.name as owner_name, n.entries as "counts.entries", n.untouched as "counts.untouched",
n.contacted as "counts.contacted", n.developing as "counts.developing", n.won as "counts.won", l.create_time, l.update_time, e.name as updated_by,
l.retire_time, l.version
