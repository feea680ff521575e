/** What an application touches: {@link io.github.dualwrite.DualWriteRepository}, its results and its errors. */
@NullMarked
package io.github.dualwrite;

import org.jspecify.annotations.NullMarked;
