/* fuzz.h - what the fuzz targets share: a check that ends the process with its place, and bytes taken from the front
 * of the input for choices. */
#ifndef TC_FUZZ_H
#define TC_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that does not hold is a finding, like a crash. */
#define FUZZ_CHECK(condition)                                                              \
    ((condition) ? (void)0 : fuzz_failed(#condition, __FILE__, __LINE__))

_Noreturn static inline void fuzz_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* The input from here on. */
typedef struct {
    const uint8_t *data;
    size_t n;
} fuzz_input;

/* The next byte, 0 behind the end. */
static inline unsigned fuzz_byte(fuzz_input *in)
{
    if (in->n == 0) {
        return 0;
    }
    in->n--;
    return *in->data++;
}

#endif
