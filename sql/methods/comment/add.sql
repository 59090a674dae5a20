-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.CommentService/AddComment
-- kind: write
-- record: comment.id
-- roles: rep, manager
-- do:
select kam.add_comment(:record.id, :comment.activity_id, :comment.text);
-- answer:
select {{comment_columns}}
 where m.id = :record.id;
