/** How do reads move over, and back when something is off? {@link io.github.dualwrite.examples.flagsday.FlagsDay} shows it. */
@NullMarked
package io.github.dualwrite.examples.flagsday;

import org.jspecify.annotations.NullMarked;
