#if defined(__x86_64__)
#define WIDTH 16
#define ASSIGN tc_kmeans_assign_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define LEAST _mm512_min_ps
#define MOST _mm512_max_ps
#include "kmeans_assign_body.h"
#endif
