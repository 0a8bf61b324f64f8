/* identity_ids.h - ids of the tests of the identity map, and names of its files. */
#ifndef TC_TEST_IDENTITY_IDS_H
#define TC_TEST_IDENTITY_IDS_H

#include "stage/identity/identity_impl.h"

#include <stdio.h>

enum { ID_TEXT = 16 };

static inline int id_text(int i, char text[ID_TEXT])
{
    return snprintf(text, ID_TEXT, "id-%d", i);
}

static inline tc_hash128 hash_of(int i)
{
    char text[ID_TEXT];
    const int n = id_text(i, text);
    return tc_hash128_of(text, (size_t)n);
}

static inline void point_to_files(tc_config *config)
{
    static char map_name[] = "map.csv", tree_name[] = "tree.csv";
    static char *map[] = {map_name}, *tree[] = {tree_name};
    *config = (tc_config){0};
    config->identity.map_files = map;
    config->identity.hierarchy_files = tree;
    config->identity.n_map_files = config->identity.n_hierarchy_files = 1;
}

#endif
