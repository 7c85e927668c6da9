/* Saving into a pipe whose reader has gone: an error, and no signal. */
#include "check.h"
#include "support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  char path[100];
  sigset_t waiting;
  bt_network *network = standard_network();
  snprintf(path, sizeof path, "pipe-%ld", (long)getpid());
  /* More than a pipe holds. */
  CHECK_OK(bt_network_add_unit(network, "lnl", NULL, 100, NULL, NULL));
  CHECK_OK(bt_network_randomize(network, 1));
  CHECK(mkfifo(path, 0600) == 0);
  /* Held open for reading by this program alone, and closed while another process writes. */
  const int reader = open(path, O_RDONLY | O_NONBLOCK);
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    check_begin_child();
    alarm(120);
    close(reader);
    CHECK_ERROR(bt_network_save(network, path), BT_ERROR_FILE, "cannot write|pipe-|Broken pipe");
    CHECK(sigpending(&waiting) == 0 && sigismember(&waiting, SIGPIPE) == 0);
    check_end_child();
  }
  /* It writes: before that it would wait for a reader. */
  struct pollfd written = {reader, POLLIN, 0};
  CHECK(poll(&written, 1, 60000) == 1);
  close(reader);
  check_child(child, "a pipe without a reader");
  unlink(path);
  CHECK_OK(bt_network_free(network));
  return check_report();
}
