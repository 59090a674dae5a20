-- SPDX-License-Identifier: Apache-2.0
(case when :include_closed then '{open,won,lost}'::text[] else array[coalesce(:state, 'open')] end)
