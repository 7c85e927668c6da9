/* A mutator that knows JSON: values are replaced, moved, doubled, nested or dropped as a whole, numbers become extreme ones,
 * texts others of the document or words that a reader knows. */
#ifndef MUTATE_JSON_H
#define MUTATE_JSON_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

enum { MOST_TOKENS = 4000, MOST_WORDS = 1000 };

typedef struct {
  size_t at, length;
  /* One of {}[],: or s (text), n (number), w (word), ? (anything else). */
  char kind;
} token;

/* Keys and texts, without quotes. */
static char *words[MOST_WORDS];
static int word_count;

/* Keeps a word that is not there yet. */
static void add_word(const char *text, size_t length) {
  for (int k = 0; k < word_count; k++) {
    if (strlen(words[k]) == length && memcmp(words[k], text, length) == 0) return;
  }
  if (word_count == MOST_WORDS) return;
  words[word_count] = malloc(length + 1);
  memcpy(words[word_count], text, length);
  words[word_count++][length] = 0;
}

static int64_t tokens_of(const char *text, size_t size, token *tokens) {
  int64_t count = 0;
  size_t at = 0;
  while (at < size && count < MOST_TOKENS) {
    const char c = text[at];
    size_t end = at + 1;
    char kind = '?';
    if (strchr(" \t\r\n", c) != NULL && c != 0) {
      at++;
      continue;
    }
    if (strchr("{}[],:", c) != NULL && c != 0) {
      kind = c;
    } else if (c == '"') {
      kind = 's';
      while (end < size && text[end] != '"') end += text[end] == '\\' && end + 1 < size ? 2 : 1;
      if (end < size) end++;
    } else {
      kind = strchr("-0123456789", c) != NULL ? 'n' : c >= 'a' && c <= 'z' ? 'w' : '?';
      while (end < size && strchr("{}[],:\" \t\r\n", text[end]) == NULL) end++;
    }
    tokens[count++] = (token){at, end - at, kind};
    at = end;
  }
  return count;
}

/* The last token of the value that begins at a token. */
static int64_t end_of(const token *tokens, int64_t count, int64_t first) {
  int depth = 0;
  for (int64_t k = first; k < count; k++) {
    depth += tokens[k].kind == '{' || tokens[k].kind == '[';
    depth -= tokens[k].kind == '}' || tokens[k].kind == ']';
    if (depth <= 0) return k;
  }
  return count - 1;
}

/* Whether a document has a number that is allowed, and merely takes long: nodes, lags and the like in thousands and more. */
static int is_heavy(const char *text, size_t size) {
  static token tokens[MOST_TOKENS];
  const int64_t count = tokens_of(text, size, tokens);
  for (int64_t k = 0; k < count; k++) {
    char number[40] = "";
    if (tokens[k].kind != 'n') continue;
    memcpy(number, text + tokens[k].at, tokens[k].length < 39 ? tokens[k].length : 39);
    const double value = strtod(number, NULL);
    if (value > 300 && value < 1e11 && value == (double)(int64_t)value) return 1;
  }
  return count == MOST_TOKENS;
}

static uint64_t json_random;

static int64_t pick(int64_t bound) {
  json_random ^= json_random << 13;
  json_random ^= json_random >> 7;
  json_random ^= json_random << 17;
  return bound <= 0 ? 0 : (int64_t)((json_random * 0x2545F4914F6CDD1DULL >> 16) % (uint64_t)bound);
}

static const char *extreme(void) {
  static const char *const list[] = {"0", "-0", "1", "-1", "2", "3", "7", "0.5", "-0.5", "1.5", "1e300", "-1e300", "1e150",
                                     "1e-320", "5e-324", "1e308", "1e309", "9223372036854775807", "-9223372036854775808",
                                     "9223372036854775808", "-9223372036854775809", "9223372036854775806",
                                     "-9223372036854775807", "18446744073709551615", "18446744073709551616",
                                     "4611686018427387904", "2305843009213693951", "1152921504606846976", "-2147483648",
                                     "-2147483649", "9007199254740993", "1099511627776", "1e18", "1.0", "1e0", "10e-1",
                                     "0.1", "-1e-5", "99999999999999999999", "1e99999", "NaN", "null", "true", "32", "33"};
  return list[pick((int64_t)(sizeof list / sizeof *list))];
}

static const char *word_text(void) { return word_count == 0 ? "a" : words[pick(word_count)]; }

/* Any value, short. */
static void some_value(char *buffer, size_t capacity) {
  static const char *const list[] = {"null", "true", "false", "{}", "[]", "\"\"", "[0]", "[1,0,1]", "[[1]]", "[[1,0],[0,1]]",
                                     "[[]]", "[null]", "[0,1,2]", "[\"input\"]", "{\"name\":\"softplus\",\"eps\":1e-300}",
                                     "{\"name\":\"zeta\",\"a\":-1,\"b\":2}", "{\"name\":\"upsilon\",\"w\":5}",
                                     "[{\"source\":\"self\",\"lag\":1},{\"source\":\"input\",\"lag\":0}]",
                                     "[{\"source\":0,\"lag\":2,\"mask\":[[1,0],[0,1]]}]", "\"\\u0000\"", "\"\\ud800\""};
  const int64_t which = pick(3);
  if (which == 0)
    snprintf(buffer, capacity, "%s", extreme());
  else if (which == 1)
    snprintf(buffer, capacity, "\"%s\"", word_text());
  else
    snprintf(buffer, capacity, "%s", list[pick((int64_t)(sizeof list / sizeof *list))]);
}

/* Puts `length` bytes in the place of those from `at` to `end`; the new size, or the old one where they do not fit. */
static size_t put(uint8_t *data, size_t size, size_t most, size_t at, size_t end, const char *text, size_t length) {
  if (size - (end - at) + length > most) return size;
  char *kept = malloc(length + 1);
  memcpy(kept, text, length);
  memmove(data + at + length, data + end, size - end);
  memcpy(data + at, kept, length);
  free(kept);
  return size - (end - at) + length;
}

/* A token of a kind ("" for a value), from a random place on; -1 where there is none. */
static int64_t find(const token *tokens, int64_t count, const char *kinds) {
  const int64_t first = pick(count);
  for (int64_t k = 0; k < count; k++) {
    const int64_t place = (first + k) % count;
    if (strchr(kinds[0] != 0 ? kinds : "{[snw", tokens[place].kind) != NULL) return place;
  }
  return -1;
}

static size_t mutate_once(uint8_t *data, size_t size, size_t most) {
  static token tokens[MOST_TOKENS];
  char buffer[400];
  const char *text = (const char *)data;
  const int64_t count = tokens_of(text, size, tokens), what = pick(16);
  if (count == 0 || what == 0) return LLVMFuzzerMutate(data, size, most);
  const int64_t one = find(tokens, count, what < 5 ? "n" : what < 8 ? "s" : what == 8 ? "{" : "");
  if (one < 0) return size;
  const int64_t last = end_of(tokens, count, one);
  const size_t at = tokens[one].at, end = tokens[last].at + tokens[last].length;
  if (what < 4) {
    const char *number = extreme();
    return put(data, size, most, at, end, number, strlen(number));
  }
  if (what == 4) {
    /* A near one. */
    if (end - at > 30) return size;
    char number[40] = "";
    memcpy(number, text + at, end - at);
    snprintf(buffer, sizeof buffer, "%.17g", strtod(number, NULL) + (double)(pick(3) - 1) + (pick(4) == 0 ? 0.5 : 0));
    return put(data, size, most, at, end, buffer, strlen(buffer));
  }
  if (what < 8) {
    if (pick(2) == 0) {
      snprintf(buffer, sizeof buffer, "\"%s\"", word_text());
      return put(data, size, most, at, end, buffer, strlen(buffer));
    }
    const int64_t other = find(tokens, count, "s");
    return put(data, size, most, at, end, text + tokens[other].at, tokens[other].length);
  }
  if (what == 8) {
    char value[200];
    some_value(value, sizeof value);
    const int is_empty = one + 1 >= count || tokens[one + 1].kind == '}';
    snprintf(buffer, sizeof buffer, "\"%s\":%s%s", word_text(), value, is_empty ? "" : ",");
    return put(data, size, most, at + 1, at + 1, buffer, strlen(buffer));
  }
  if (what < 11) {
    const int64_t other = find(tokens, count, ""), stop = end_of(tokens, count, other);
    return put(data, size, most, at, end, text + tokens[other].at, tokens[stop].at + tokens[stop].length - tokens[other].at);
  }
  if (what == 11) {
    some_value(buffer, sizeof buffer);
    return put(data, size, most, at, end, buffer, strlen(buffer));
  }
  if (what == 12) {
    if (end - at > 300) return size;
    snprintf(buffer, sizeof buffer, "[%.*s]", (int)(end - at), text + at);
    return put(data, size, most, at, end, buffer, strlen(buffer));
  }
  /* A member or an element, with its comma: gone, or twice. */
  const int64_t first = one >= 2 && tokens[one - 1].kind == ':' ? one - 2 : one;
  const int has_comma = last + 1 < count && tokens[last + 1].kind == ',';
  const size_t from = !has_comma && first > 0 && tokens[first - 1].kind == ',' ? tokens[first - 1].at : tokens[first].at;
  const size_t to = has_comma ? tokens[last + 1].at + 1 : end;
  if (what == 13) return put(data, size, most, from, to, "", 0);
  return put(data, size, most, to, to, text + from, to - from);
}

/* One change or several. */
static size_t mutate_json(uint8_t *data, size_t size, size_t most, unsigned seed) {
  json_random = seed * 0x9E3779B97F4A7C15ULL + 1;
  const int64_t times = 1 + (pick(2) == 0 ? pick(5) : 0);
  for (int64_t k = 0; k < times; k++) size = mutate_once(data, size, most);
  return size;
}

#endif
