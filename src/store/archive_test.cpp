#include "store/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <vector>

#include "base/rng.hpp"
#include "store/files.hpp"
#include "store/test_folder.hpp"

namespace faultline {
namespace {

struct Unpacked {
  std::string bytes;
  std::optional<Error> error;
  std::vector<std::string> entries;
};

Unpacked unpack(const std::string& path, std::size_t step = 1000) {
  const auto source = open_bytes(path);
  Unpacked out;
  if (!source) {
    out.error = Error{source.error().code};
    return out;
  }
  std::vector<char> buffer(step);
  while (true) {
    const Result<std::size_t> got = (*source)->read(buffer);
    if (!got) {
      out.error = got.error();
      EXPECT_EQ((*source)->read(buffer).error(), got.error());
      EXPECT_EQ(got.error().offset, out.bytes.size());
      return out;
    }
    EXPECT_LE((*source)->bytes_done(), (*source)->bytes_total());
    if (*got == 0) {
      EXPECT_EQ(*(*source)->read(buffer), 0U);  // the end stays the end
      return out;
    }
    out.bytes.append(buffer.data(), *got);
    const std::size_t index = (*source)->entry_index();
    if (out.entries.size() <= index) out.entries.emplace_back((*source)->entry_name());
  }
}

std::string sample_text(std::size_t bytes) {
  Rng rng(7);
  std::string text;
  while (text.size() < bytes) text += std::to_string(rng.below(100000)) + ",";
  return text;
}

std::string gzip(std::string_view text, int level = 6) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1000, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Writes a zip (or a zstd of the first text) with libarchive.
void pack(const std::string& path, bool is_zip,
          const std::vector<std::pair<std::string, std::string>>& files) {
  archive* handle = archive_write_new();
  if (is_zip) {
    ASSERT_EQ(archive_write_set_format_zip(handle), ARCHIVE_OK);
  } else {
    ASSERT_EQ(archive_write_add_filter_zstd(handle), ARCHIVE_OK);
    ASSERT_EQ(archive_write_set_format_raw(handle), ARCHIVE_OK);
  }
  ASSERT_EQ(archive_write_open_filename(handle, path.c_str()), ARCHIVE_OK);
  for (const auto& [name, text] : files) {
    archive_entry* entry = archive_entry_new();
    const bool is_folder = name.ends_with('/');
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, is_folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    if (!is_folder) archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
    ASSERT_EQ(archive_write_header(handle, entry), ARCHIVE_OK);
    const auto size = static_cast<la_ssize_t>(text.size());
    ASSERT_EQ(is_folder ? 0 : archive_write_data(handle, text.data(), text.size()), size);
    archive_entry_free(entry);
  }
  ASSERT_EQ(archive_write_close(handle), ARCHIVE_OK);
  archive_write_free(handle);
}

class Archive : public ::testing::Test {
 protected:
  Unpacked unpack_bytes(std::string_view bytes, const std::string& name = "a") {
    const std::string path = folder_.file(name);
    EXPECT_TRUE(write_file_atomically(path, bytes));
    return unpack(path);
  }

  TestFolder folder_;
  const std::string text_ = sample_text(300'000);
};

TEST_F(Archive, PlainBytesPassThrough) {
  EXPECT_EQ(unpack_bytes(text_).bytes, text_);
  EXPECT_EQ(unpack_bytes(text_, "not_packed.gz").bytes, text_);
  const Unpacked empty = unpack_bytes("");
  EXPECT_FALSE(empty.error);
  EXPECT_EQ(empty.bytes, "");
  EXPECT_EQ(unpack(folder_.file("none")).error->code, Errc::kNotFound);
  EXPECT_EQ(unpack_bytes("PK\5\6" + std::string(18, '\0'), "a.zip").error->code, Errc::kEmpty);
}

TEST_F(Archive, GzipMembersFollowOneAnother) {
  EXPECT_EQ(unpack_bytes(gzip(text_)).bytes, text_);
  EXPECT_EQ(unpack_bytes(gzip(text_) + gzip("") + gzip("tail")).bytes, text_ + "tail");
  EXPECT_EQ(unpack_bytes(gzip("a") + std::string(600, '\0')).bytes, "a");
  EXPECT_EQ(unpack_bytes(gzip("a") + "garbage").error->code, Errc::kBadArchive);
  EXPECT_EQ(unpack_bytes(gzip("a") + std::string(3, '\0') + "x").error->code, Errc::kBadArchive);
}

TEST_F(Archive, GzipCutAnywhereIsTruncated) {
  const std::string whole = gzip(text_.substr(0, 3000)) + gzip("second member");
  const std::size_t boundary = gzip(text_.substr(0, 3000)).size();
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    if (cut == boundary) continue;  // a whole file of one member
    const Unpacked got = unpack_bytes(whole.substr(0, cut), "cut.gz");
    ASSERT_TRUE(got.error) << cut;
    EXPECT_EQ(got.error->code, Errc::kTruncated) << cut;
  }
}

TEST_F(Archive, GzipWithAFlippedBitIsNeverTakenForWhole) {
  for (const int level : {0, 6}) {
    const std::string text = text_.substr(0, 2000);
    const std::string whole = gzip(text, level);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
      const Unpacked got = unpack_bytes(damaged);
      // Bytes 4 to 9 of the header are time and system, and byte 10 holds padding of a stored
      // block: nothing checks or needs them.
      const bool is_harmless = !got.error && got.bytes == text;
      const bool is_plain = i < 2 && got.bytes == damaged;  // no longer a gzip at all
      EXPECT_TRUE(got.error || is_harmless || is_plain) << level << " " << i;
      EXPECT_TRUE(!is_harmless || i <= 10) << i;
    }
  }
}

TEST_F(Archive, ZstdIsReadAndCutsAreFound) {
  const std::string path = folder_.file("a.zst");
  pack(path, false, {{"data", text_}});
  EXPECT_EQ(unpack(path).bytes, text_);
  const std::string whole = *read_whole_file(path, 1 << 30);
  for (std::size_t cut = 0; cut < whole.size(); cut += cut < 40 ? 1 : 997) {
    const Unpacked got = unpack_bytes(whole.substr(0, cut), "cut.zst");
    ASSERT_TRUE(got.error) << cut;
    EXPECT_EQ(got.error->code, Errc::kTruncated) << cut;
  }
}

TEST_F(Archive, ZipEntriesComeInOrderWithTheirNames) {
  const std::string path = folder_.file("a.zip");
  pack(path, true, {{"folder/", ""}, {"folder/a.csv", text_}, {"b.csv", "bb"}, {"c.csv", "c"}});
  const Unpacked got = unpack(path);
  ASSERT_FALSE(got.error) << name_of(got.error->code);
  EXPECT_EQ(got.bytes, text_ + "bbc");
  EXPECT_EQ(got.entries, (std::vector<std::string>{"folder/a.csv", "b.csv", "c.csv"}));
}

TEST_F(Archive, ZipCutOrDamagedIsAnError) {
  const std::string path = folder_.file("a.zip");
  pack(path, true, {{"a.csv", text_.substr(0, 4000)}, {"b.csv", "bb"}});
  const std::string whole = *read_whole_file(path, 1 << 30);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const Unpacked got = unpack_bytes(whole.substr(0, cut), "cut.zip");
    ASSERT_TRUE(got.error) << cut;
    EXPECT_TRUE(got.error->code == Errc::kTruncated || got.error->code == Errc::kBadArchive) << cut;
  }
  const std::size_t data_at = 200;
  for (std::size_t i = data_at; i < data_at + 500; i += 7) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_TRUE(unpack_bytes(damaged).error) << i;
  }
}

TEST_F(Archive, Sha256MatchesThePublishedVectors) {
  // Source: FIPS 180-2, appendix B.1, and the digest of the empty text.
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string path = folder_.file("a");
  ASSERT_TRUE(write_file_atomically(path, text_));
  EXPECT_EQ(*sha256_of_file(path), sha256_of(text_));
  EXPECT_EQ(sha256_of_file(folder_.file("none")).error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace faultline
