/** What does a repository look like from outside? */
@NullMarked
package io.github.dualwrite.examples.watched;

import org.jspecify.annotations.NullMarked;
