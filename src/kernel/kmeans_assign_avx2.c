#if defined(__x86_64__)
#define WIDTH 8
#define ASSIGN tc_kmeans_assign_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define LEAST _mm256_min_ps
#define MOST _mm256_max_ps
#include "kmeans_assign_body.h"
#endif
