-- SPDX-License-Identifier: Apache-2.0
x.time < (select kam.day_start(0)) and (x.due_time is null or x.due_time <= now())
