/* synth_all.h - writes a synthetic customer base: CSV files as a shop would export them, the truth, and a
 * configuration to run on it (stage layer). The bytes do not depend on the number of ranks. */
#ifndef TC_SYNTH_ALL_H
#define TC_SYNTH_ALL_H

#include "tiercel/comm.h"
#include "tiercel/synth.h"

typedef struct {
    tc_synth_params params;
    tc_synth_format format;
    const char *output; /* folder, made if its parent is there; borrowed */
    int64_t files;      /* CSV files; no more than blocks of customers are made */
    int gzip;
} tc_synth_options;

/* Local, pure. Kernel defaults, 8 files, ISO time, quantity and unit_price, no compression. */
tc_synth_options tc_synth_options_default(void);

/* Collective, options equal on all ranks. Writes into options->output:
 *   transactions-000.csv[.gz] ...  rows sorted by time inside each block of customers
 *   dirt.txt                       file,record,line,kind of every row that is not clean (only with dirt);
 *                                  record 1 and line 2 follow the header
 *   config.yaml                    a configuration that reads these files
 *   truth.h5                       schema tiercel.truth, one row a customer in the order of the numbers
 * All are written under temporary names and renamed when every rank is done; if that fails no
 * truth is left. A gzip file has one member a block. Blocks are made once for the text and once
 * for the truth. Memory of a rank: 4 blocks of text (about 3 MB each at the defaults), and 200
 * bytes a customer for its part of the truth.
 * Errors (agreed): TC_EUSAGE for impossible options, TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_synth_all(tc_comm *comm, const tc_synth_options *options,
                                    tc_error *err);

#endif
