-- SPDX-License-Identifier: Apache-2.0
(x.state = :state or (:state::text is null and x.state in ('planned', 'done')))
        and (:kind::text is null or x.kind = :kind)
        and x.time >= (select coalesce(:from_time, '-infinity')) and x.time < (select coalesce(:to_time, 'infinity'))
