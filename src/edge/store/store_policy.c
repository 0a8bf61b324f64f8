/* store_policy.c - the hints of the configuration as MPI and HDF5 take them. The policy is kept for the process, as the
 * level of the log is: files are made deep inside stages, and no result depends on it. */
#include "tiercel/store_policy.h"

#include "../comm/comm_native.h"
#include "store_native.h"

#include <stdio.h>
#include <string.h>

static tc_store_policy current;

void tc_store_policy_set(const tc_store_policy *policy)
{
    current = policy != NULL ? *policy : (tc_store_policy){0};
}

int tc_store_collective(void)
{
    return current.collective;
}

int tc_store_is_direct(double bytes)
{
    return current.direct_always ||
           (current.direct_bytes > 0 && bytes >= current.direct_bytes);
}

int tc_store_always_direct(void)
{
    return current.direct_always;
}

int tc_store_striped(void)
{
    return current.stripe_count > 0 || current.stripe_mib > 0 || current.n_hints > 0;
}

int tc_store_hint_is_good(const char *text)
{
    const char *const equals = strchr(text, '=');
    return equals != NULL && equals > text && equals - text < MPI_MAX_INFO_KEY &&
           equals[1] != '\0' && strlen(equals + 1) < MPI_MAX_INFO_VAL;
}

static void set_number(MPI_Info info, const char *name, int64_t value)
{
    char text[32];
    if (value > 0) {
        (void)snprintf(text, sizeof text, "%lld", (long long)value);
        MPI_Info_set(info, name, text);
    }
}

static void set_text(MPI_Info info, const char *hint)
{
    char name[MPI_MAX_INFO_KEY];
    const char *const equals = strchr(hint, '=');
    if (tc_store_hint_is_good(hint)) {
        (void)snprintf(name, sizeof name, "%.*s", (int)(equals - hint), hint);
        MPI_Info_set(info, name, equals + 1);
    }
}

/* Names of MPI 3.1, section 13.2.8. */
static MPI_Info make_info(void)
{
    MPI_Info info;
    MPI_Info_create(&info);
    set_number(info, "striping_factor", current.stripe_count);
    set_number(info, "striping_unit", current.stripe_mib << 20);
    set_number(info, "cb_nodes", current.aggregators);
    set_number(info, "cb_buffer_size", current.buffer_mib << 20);
    for (int i = 0; i < current.n_hints; i++) {
        set_text(info, current.hints[i]);
    }
    return info;
}

hid_t tc_store_access(const tc_store *store)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    const hsize_t alignment = (hsize_t)current.alignment_kib << 10;
    MPI_Info info = make_info();
    (void)H5Pset_fapl_mpio(access, tc_comm_native(store->comm), info);
    MPI_Info_free(&info);
    (void)H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110);
    if (alignment > 0) {
        (void)H5Pset_alignment(access, alignment, alignment);
    }
    return access;
}
