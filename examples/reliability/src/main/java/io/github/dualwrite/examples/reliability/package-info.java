/** Real processes on real servers, killed, stopped and cut off by a seeded schedule. */
@NullMarked
package io.github.dualwrite.examples.reliability;

import org.jspecify.annotations.NullMarked;
