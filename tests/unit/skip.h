/* skip.h - a test whose data is not here is skipped, and its program ends with code 77, so that the run shows it as
 * skipped and not as passed. Include after cmocka.h. */
#ifndef TC_TEST_SKIP_H
#define TC_TEST_SKIP_H

static int tc_test_skipped;

#define TC_TEST_SKIP()                                                                     \
    do {                                                                                   \
        tc_test_skipped++;                                                                 \
        skip();                                                                            \
    } while (0)

/* Exit code of a program, from the number of failed tests. */
static inline int tc_test_code(int failed)
{
    if (failed != 0) {
        return 1;
    }
    return tc_test_skipped > 0 ? 77 : 0;
}

#endif
