-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/RemoveTie
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.remove_tie(:record.id);
