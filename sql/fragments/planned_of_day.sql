-- SPDX-License-Identifier: Apache-2.0
x.state = 'planned' and x.owner_id = (select coalesce(:user_id, kam.caller_id()))
