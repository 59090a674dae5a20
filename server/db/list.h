// SPDX-License-Identifier: Apache-2.0
// Intrusive doubly linked lists: a state is a list, and an object is in one list at a time.
#ifndef KAM_DB_LIST_H
#define KAM_DB_LIST_H

#include <stdbool.h>
#include <stddef.h>

// Head of a list, or the node inside an object.
struct list {
    struct list *next;
    struct list *previous;
};

// The object a node is embedded in.
#define LIST_OBJECT(node_, type_, member_) ((type_ *)(void *)((char *)(node_)-offsetof(type_, member_)))

static inline void list_init(struct list *list)
{
    list->next = list;
    list->previous = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_insert_after(struct list *place, struct list *node)
{
    node->previous = place;
    node->next = place->next;
    place->next->previous = node;
    place->next = node;
}

static inline void list_append(struct list *list, struct list *node)
{
    list_insert_after(list->previous, node);
}

static inline void list_prepend(struct list *list, struct list *node)
{
    list_insert_after(list, node);
}

// Leaves the node a list of its own, so that removing twice does no harm.
static inline void list_remove(struct list *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}

#endif
