#include "source_decoder.h"

#include "tiercel/mem.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { GZ_WINDOW = 15 + 16 /* with gzip header */, ZST_WINDOW_LOG = 27 };

struct tc_decoder {
    ZSTD_DStream *zst; /* NULL: gzip */
    z_stream gz;
    int gz_started;
    int full, complete;
    int64_t gz_members; /* that have ended */
};

static int ends_with(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

int tc_decoder_needed(const char *path)
{
    return ends_with(path, ".gz") || ends_with(path, ".zst");
}

static void *gz_alloc(void *context, unsigned n, unsigned size)
{
    (void)context;
    return tc_mem_alloc((int64_t)n, size, NULL);
}

static void gz_free(void *context, void *block)
{
    (void)context;
    tc_mem_free(block);
}

static int start(tc_decoder *decoder, const char *path)
{
    if (ends_with(path, ".zst")) {
        decoder->zst = ZSTD_createDStream();
        return decoder->zst != NULL &&
               ZSTD_isError(ZSTD_DCtx_setParameter(decoder->zst, ZSTD_d_windowLogMax,
                                                   ZST_WINDOW_LOG)) == 0;
    }
    decoder->gz.zalloc = gz_alloc;
    decoder->gz.zfree = gz_free;
    decoder->gz_started = inflateInit2(&decoder->gz, GZ_WINDOW) == Z_OK;
    return decoder->gz_started;
}

tc_status tc_decoder_create(const char *path, tc_decoder **out, tc_error *err)
{
    *out = tc_mem_alloc(1, sizeof **out, err);
    if (*out == NULL) {
        return TC_ENOMEM;
    }
    if (!start(*out, path)) {
        tc_decoder_destroy(out);
        return tc_fail(err, TC_ENOMEM, "%s: out of memory while starting to decompress",
                       path);
    }
    return TC_OK;
}

void tc_decoder_destroy(tc_decoder **decoder)
{
    tc_decoder *d = *decoder;
    if (d == NULL) {
        return;
    }
    if (d->gz_started) {
        (void)inflateEnd(&d->gz);
    }
    (void)ZSTD_freeDStream(d->zst);
    tc_mem_free(d);
    *decoder = NULL;
}

int tc_decoder_full(const tc_decoder *decoder)
{
    return decoder->full;
}

int tc_decoder_complete(const tc_decoder *decoder)
{
    return decoder->complete;
}

static tc_status damaged(const tc_decoder_span *span, const char *kind, tc_error *err)
{
    return tc_fail(err, TC_EDATA, "%s: is not a %s file or is damaged before byte %lld",
                   span->path, kind, (long long)span->offset);
}

static tc_status no_memory(const tc_decoder_span *span, tc_error *err)
{
    return tc_fail(err, TC_ENOMEM, "%s: out of memory while decompressing", span->path);
}

/* zlib writes all it has before it takes the trailer, so it is never full at the end. */
static tc_status gz_step(tc_decoder *d, tc_decoder_span *span, tc_error *err)
{
    const int64_t room = span->room < INT32_MAX ? span->room : INT32_MAX;
    int code;
    if (d->complete && span->n_in > 0 && *span->in == 0) { /* padding, as on tapes */
        span->in++;
        span->n_in--;
        return TC_OK;
    }
    d->gz.next_in = span->in;
    d->gz.avail_in = (unsigned)span->n_in;
    d->gz.next_out = (unsigned char *)span->out;
    d->gz.avail_out = (unsigned)room;
    code = inflate(&d->gz, Z_NO_FLUSH);
    d->complete = code == Z_STREAM_END;
    if (d->complete) {
        d->gz_members++;
        code = inflateReset(&d->gz);
    }
    span->in = d->gz.next_in;
    span->n_in = d->gz.avail_in;
    span->out += room - (int64_t)d->gz.avail_out;
    span->room -= room - (int64_t)d->gz.avail_out;
    if (code == Z_MEM_ERROR) {
        return no_memory(span, err);
    }
    if (code == Z_DATA_ERROR && d->gz_members > 0 && d->gz.total_out == 0) {
        return tc_fail(err, TC_EDATA,
                       "%s: has other bytes behind its compressed data, before byte %lld; "
                       "cut them off",
                       span->path, (long long)span->offset);
    }
    return code == Z_OK || code == Z_BUF_ERROR ? TC_OK : damaged(span, "gzip", err);
}

static tc_status zst_failed(size_t code, const tc_decoder_span *span, tc_error *err)
{
    switch ((int)ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        return no_memory(span, err);
    case ZSTD_error_frameParameter_windowTooLarge:
        return tc_fail(err, TC_EDATA,
                       "%s: is compressed with a window of more than %d MiB; compress it "
                       "again without --long or --ultra",
                       span->path, 1 << (ZST_WINDOW_LOG - 20));
    default:
        return damaged(span, "zstd", err);
    }
}

static tc_status zst_step(tc_decoder *d, tc_decoder_span *span, tc_error *err)
{
    ZSTD_inBuffer in = {span->in, (size_t)span->n_in, 0};
    ZSTD_outBuffer out = {span->out, (size_t)span->room, 0};
    const size_t code = ZSTD_decompressStream(d->zst, &out, &in);
    if (ZSTD_isError(code)) {
        return zst_failed(code, span, err);
    }
    d->complete = code == 0;
    d->full = code != 0 && out.pos == out.size;
    span->in += in.pos;
    span->n_in -= (int64_t)in.pos;
    span->out += out.pos;
    span->room -= (int64_t)out.pos;
    return TC_OK;
}

tc_status tc_decoder_step(tc_decoder *decoder, tc_decoder_span *span, tc_error *err)
{
    return decoder->zst != NULL ? zst_step(decoder, span, err)
                                : gz_step(decoder, span, err);
}
