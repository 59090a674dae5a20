-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.CommentService/MarkCommentsSeen
-- kind: write
-- record: activity_id
-- roles: rep, manager
-- do:
select kam.mark_comments_seen(:record.id);
