-- SPDX-License-Identifier: Apache-2.0
x.time < (select kam.day_start(1)) and (x.time >= (select kam.day_start(0)) or x.due_time > now())
