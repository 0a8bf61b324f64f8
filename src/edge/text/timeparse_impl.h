/* timeparse_impl.h - private to timeparse.c and timeformat.c. */
#ifndef TC_TIMEPARSE_IMPL_H
#define TC_TIMEPARSE_IMPL_H

#include "tiercel/timeparse.h"

enum { DIRECTIVE = 256 }; /* a step of a pattern from here on is a directive */

#endif
