// Times the steps of an lstm and a gru beside RTNeural's compile-time engine: rtneural STEPS. Both run one sequence of so many
// steps from C++, in turns. Prints "kind N, ns a step: simulation, stream, RTNeural", the medians of the rounds.
#include <RTNeural/RTNeural.h>
#include <backtune.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {
constexpr int rounds = 61;

template <typename Body> double nanoseconds(size_t steps, Body body) {
  const auto began = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count() / double(steps);
}

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[rounds / 2];
}

// Weights of deviation 0.3: of zeros a layer would run as fast, but on denormal numbers it would not.
std::vector<std::vector<double>> drawn(size_t rows, size_t columns, const char *name) {
  std::vector<std::vector<double>> values(rows, std::vector<double>(columns));
  for (auto &row : values) {
    bt_random_normal(row.size(), name, row.data(), int64_t(row.size()));
    for (auto &value : row) value *= 0.3;
  }
  return values;
}

template <int N> void fill(RTNeural::LSTMLayerT<double, 1, N> &layer) {
  layer.setWVals(drawn(1, 4 * N, "W"));
  layer.setUVals(drawn(N, 4 * N, "U"));
  layer.setBVals(drawn(1, 4 * N, "b")[0]);
}

template <int N> void fill(RTNeural::GRULayerT<double, 1, N> &layer) {
  layer.setWVals(drawn(1, 3 * N, "W"));
  layer.setUVals(drawn(N, 3 * N, "U"));
  layer.setBVals(drawn(2, 3 * N, "b"));
}

template <int N, typename Layer> int compare(const char *kind, const std::vector<double> &u) {
  const int64_t steps = int64_t(u.size());
  bt_network *network = nullptr;
  bt_stream *stream = nullptr;
  int failures = bt_network_create(1, &network) != BT_OK;
  failures += bt_network_add_unit(network, kind, nullptr, N, nullptr, nullptr) != BT_OK;
  failures += bt_network_randomize(network, 1) != BT_OK;
  failures += bt_stream_create(network, nullptr, 0, &stream) != BT_OK;
  RTNeural::ModelT<double, 1, N, Layer> model;
  fill(model.template get<0>());
  model.reset();
  std::vector<double> y(u.size() * N), times[3];
  volatile double sum = 0;
  for (int round = 0; round < rounds; round++) {
    times[0].push_back(nanoseconds(u.size(), [&] {
      failures += bt_simulate(network, 1, &steps, u.data(), steps, nullptr, 0, y.data(), int64_t(y.size()), nullptr, 0,
                              nullptr, 0) != BT_OK;
    }));
    times[1].push_back(nanoseconds(u.size(), [&] {
      for (const double &value : u)
        failures += bt_stream_step(stream, &value, 1, nullptr, 0, y.data(), N) != BT_OK;
    }));
    times[2].push_back(nanoseconds(u.size(), [&] {
      for (const double &value : u) {
        model.forward(&value);
        sum = sum + model.getOutputs()[0];
      }
    }));
  }
  std::printf("%s %d %.1f %.1f %.1f\n", kind, N, median(times[0]), median(times[1]), median(times[2]));
  bt_stream_free(stream);
  bt_network_free(network);
  return failures;
}

template <int N> int both(const std::vector<double> &u) {
  return compare<N, RTNeural::LSTMLayerT<double, 1, N>>("lstm", u) +
         compare<N, RTNeural::GRULayerT<double, 1, N>>("gru", u);
}
}  // namespace

int main(int count, char **arguments) {
  if (count != 2) return 2;
  std::vector<double> u(size_t(std::max(std::atoi(arguments[1]), 1)));
  bt_random_normal(1, "u", u.data(), int64_t(u.size()));
  return both<8>(u) + both<16>(u) + both<32>(u) != 0;
}
