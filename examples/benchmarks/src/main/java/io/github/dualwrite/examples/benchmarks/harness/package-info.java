/** Measures contenders in turn, and tells what came of it as table, JSON, Markdown and pictures. */
@NullMarked
package io.github.dualwrite.examples.benchmarks.harness;

import org.jspecify.annotations.NullMarked;
