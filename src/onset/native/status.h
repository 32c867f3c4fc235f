/* What a function of the library returns. library.py has the same numbers. */
#ifndef ONSET_STATUS_H
#define ONSET_STATUS_H

enum {
    STATUS_OK = 0,
    STATUS_HALTED = 1,
    STATUS_NOT_FINITE = 2, /* an input was infinite or not a number */
    STATUS_NO_MEMORY = 3,
    STATUS_LENGTHS = 4, /* inputs that do not go together */
};

#endif
