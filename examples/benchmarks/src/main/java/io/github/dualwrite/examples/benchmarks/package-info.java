/** Measures what Dualwrite costs, side by side with the bare calls. */
@NullMarked
package io.github.dualwrite.examples.benchmarks;

import org.jspecify.annotations.NullMarked;
