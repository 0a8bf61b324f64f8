/* terminal.h - is there somebody who watches? */
#ifndef TC_TERMINAL_H
#define TC_TERMINAL_H

/* Local. Opens what stands behind standard error, or behind that of the mpirun that started this process and passes our
 * lines on. A descriptor for tc_terminal_width, to be closed; -1 if it is no terminal. */
int tc_terminal_open(void);

/* Local. Its columns; 80 if it does not say. */
int tc_terminal_width(int terminal);

#endif
