/* wide.h - 128-bit integers, an extension of gcc and clang, under one name. Base layer. */
#ifndef TC_WIDE_H
#define TC_WIDE_H

__extension__ typedef __int128 tc_i128;
__extension__ typedef unsigned __int128 tc_u128;

#endif
