/* ingest_identity.h - private to ingest: the identity map between the exchange of rows and
 * their order. All functions do nothing without a map. */
#ifndef TC_INGEST_IDENTITY_H
#define TC_INGEST_IDENTITY_H

#include "ingest_impl.h"

/* Collective. Reads the map into in->identity, when in->memory is known; the pool gives way.
 * Errors (agreed): as tc_identity_load_all; TC_ENOMEM if too little is left for rows. */
TC_NODISCARD tc_status tc_ingest_identity_load_all(tc_ingest *in, tc_error *err);

/* Local. Appends what the run id must know of the map. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_identity_print(const tc_ingest *in, tc_buffer *text,
                                                tc_error *err);

/* Collective. Writes the attributes. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_identity_put_all(tc_ingest *in, tc_store *store,
                                                  tc_error *err);

#endif
