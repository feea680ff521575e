/** How do tables become a document? {@link io.github.dualwrite.examples.changingshape.ChangingShape} shows it. */
@NullMarked
package io.github.dualwrite.examples.changingshape;

import org.jspecify.annotations.NullMarked;
