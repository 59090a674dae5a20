-- SPDX-License-Identifier: Apache-2.0
-- Of server/methods/watch.c: news is asked once for all streams of a worker, page by the streams that the news concern, each as its caller.
-- method: kam.v1.WatchService/Watch
-- kind: read
-- handler: watch
-- roles: auth
-- statement: news
select n.epoch, n.end_xid, n.end_sequence, n.is_end, n.is_for_all, n.user_ids, n.lag_ms
  from kam.feed_news(:arg.after_xid::bigint, :arg.after_sequence::bigint, 2000) n;
-- roles: rep, manager
-- statement: page
select p.place as cursor, p.is_current, p.entities as "changes[].entity", p.record_ids as "changes[].record_id", p.account_ids as "changes[].account_id",
       p.versions as "changes[].version", p.operations as "changes[].operation", p.actor_ids as "changes[].actor_id", p.times as "changes[].time"
  from kam.feed_page(:arg.epoch::uuid, :arg.after_xid::bigint, :arg.after_sequence::bigint, 1000) p;
