#define WIDTH 4
#define ASSIGN tc_kmeans_assign_base
#define TARGET
#if defined(__x86_64__)
#define LEAST _mm_min_ps
#define MOST _mm_max_ps
#endif
#include "kmeans_assign_body.h"
