/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this is built with AddressSanitizer, which maps more memory and makes more system calls than the
 * program itself: 1 or 0. gcc and clang say it each in its way. */
#ifndef TUNLAB_SANITIZED_H
#define TUNLAB_SANITIZED_H

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
