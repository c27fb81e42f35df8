#ifndef UM_CONFIG_DOCS_H
#define UM_CONFIG_DOCS_H

#include "config/option.h"

/* Pieces that the printed pages share. All results are malloc'd. */

char *um_doc_accepts(const struct um_option *o);   /* "a whole number, 1 to 64" */
char *um_doc_flag(const struct um_option *o);      /* "--copy-threads NUMBER" */
char *um_doc_sentences(const struct um_option *o); /* "Chunks copied at the same time. …" */
char *um_doc_commands(unsigned bits, const char *between); /* "plan, migrate" */

/* source.host and target.host are one entry: the target's option that goes with a source's, NULL
   for any other; and whether an option is the target's half of such a pair. */
const struct um_option *um_doc_twin(const struct um_option *o);
bool um_doc_is_twin(const struct um_option *o);

/* How the values of options are given, for the reference and the man page. */
struct um_doc_topic {
    const char *title, *text;
};
extern const struct um_doc_topic um_doc_topics[];
extern const size_t um_doc_topic_count;

extern const char um_doc_about[]; /* one sentence on the program */

#endif
