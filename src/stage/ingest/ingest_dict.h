/* ingest_dict.h - private to ingest: the dictionaries of channels and categories. They grow
 * round by round, equal on all ranks, and are sorted at the end. */
#ifndef TC_INGEST_DICT_H
#define TC_INGEST_DICT_H

#include "tiercel/comm.h"
#include "tiercel/csv.h"
#include "tiercel/pieces.h"

/* A set of texts, numbered from 0 in the order in which they came. Zeroed = empty. */
typedef struct {
    tc_buffer text;  /* all bytes, one behind the other */
    tc_buffer start; /* int64 [n + 1] offsets in text */
    uint32_t *slot;  /* [n_slots] number + 1, 0 = free; owned */
    int64_t n_slots;
    int64_t n;
} tc_text_set;

/* Local. Number of the text, which is added if it is new. Errors: TC_ENOMEM; TC_EDATA
 * beyond 2^31 texts. */
TC_NODISCARD tc_status tc_text_set_add(tc_text_set *set, tc_csv_text text, int64_t *number,
                                       tc_error *err);
/* Local. Number of a text or -1; text of a number, borrowed until the next is added. */
int64_t tc_text_set_find(const tc_text_set *set, tc_csv_text text);
tc_csv_text tc_text_set_get(const tc_text_set *set, int64_t number);
/* Local. Empties a set, keeps its memory; frees it. */
void tc_text_set_clear(tc_text_set *set);
void tc_text_set_free(tc_text_set *set);

/* A text of at most 16 bytes, zeros behind it, which with its length tells it apart. */
typedef struct {
    uint64_t word[2];
    uint32_t n; /* 0: free, or the empty text */
    uint32_t code;
} tc_dict_recent;

enum { TC_DICT_RECENT = 1024 };

/* Codes are numbers + 1; code 0 is "". */
typedef struct {
    tc_text_set known; /* equal on all ranks */
    tc_text_set
        fresh; /* met by this rank since the last merge; numbered after the known ones */
    int64_t max_codes;
    const char *column;                    /* for messages, borrowed */
    tc_dict_recent recent[TC_DICT_RECENT]; /* met since the last merge, by words */
} tc_ingest_dict;

/* Local. Provisional code of a text. Errors: TC_EDATA if there are more than max_codes;
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_dict_code(tc_ingest_dict *dict, tc_csv_text text,
                                           uint32_t *code, tc_error *err);

/* Local. The same of n pieces that are not odd, in whose rows so many bytes can be read as
 * TC_TABLE_SLACK says. */
TC_NODISCARD tc_status tc_ingest_dict_codes(tc_ingest_dict *dict, const tc_pieces *pieces,
                                            int64_t n, const unsigned char *odd,
                                            uint32_t *code, tc_error *err);

/* Collective. Merges the fresh texts of all ranks, in rank order. *map, out: code of each
 * fresh text of this rank, uint32 [fresh.n]; the codes known before do not change. Errors
 * (agreed): as above. */
TC_NODISCARD tc_status tc_ingest_dict_merge_all(tc_comm *comm, tc_ingest_dict *dict,
                                                tc_buffer *map, tc_error *err);

/* Local. Appends the known texts to a state that is saved; takes them back into an empty dictionary, with the same
 * codes. bytes [n]. Errors: TC_ENOMEM; TC_EDATA as above. */
TC_NODISCARD tc_status tc_ingest_dict_pack(const tc_ingest_dict *dict, tc_buffer *out,
                                           tc_error *err);
TC_NODISCARD tc_status tc_ingest_dict_unpack(tc_ingest_dict *dict,
                                             const unsigned char *bytes, int64_t n,
                                             tc_error *err);

/* Local. Sorts the known texts by bytes: final[n + 1], out, is the final code of each code.
 * text [n + 1][*width], out: the texts by final code, padded with zero bytes. Both belong
 * to the caller. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_dict_finish(const tc_ingest_dict *dict, uint32_t **final,
                                             char **text, int *width, tc_error *err);
void tc_ingest_dict_free(tc_ingest_dict *dict);

#endif
