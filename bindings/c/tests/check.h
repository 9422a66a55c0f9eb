/* What the tests in C share. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <whichproxy.h>

#define CHECK(condition)                                                   \
    do {                                                                   \
        if (!(condition)) {                                                \
            whichproxy_str why_ = whichproxy_last_error();                 \
            fprintf(stderr, "%s:%d: %s (%.*s)\n", __FILE__, __LINE__,      \
                    #condition, (int)why_.len, why_.data);                 \
            exit(1);                                                       \
        }                                                                  \
    } while (0)

#define OK(call) CHECK((call) == WHICHPROXY_OK)

/* A text and its length, as two arguments. */
#define T(text) (const uint8_t *)(text), strlen(text)

static inline int is(whichproxy_str text, const char *expected)
{
    return text.data != NULL && text.len == strlen(expected) &&
           memcmp(text.data, expected, text.len) == 0;
}

static inline int has(whichproxy_str text, const char *part)
{
    size_t len = strlen(part), at;

    for (at = 0; at + len <= text.len; at++)
        if (memcmp(text.data + at, part, len) == 0)
            return 1;
    return 0;
}

#endif
