"""Every sentence the program says to a person, in Chinese and in English.

Keys are grouped by the part of the program that speaks. ``say(key, lang, **values)`` fills
in a template; a test checks that both languages exist and use the same placeholders.
"""

from __future__ import annotations

from typing import Literal

Lang = Literal["zh", "en"]
DEFAULT_LANG: Lang = "zh"

MESSAGES: dict[str, tuple[str, str]] = {
    # reading files: what is wrong, then what to do
    "file.missing": ("找不到这个文件；请检查路径", "no such file; check the path"),
    "file.not_a_file": (
        "不是普通文件；请给出文件或文件夹",
        "not a regular file; name a file or folder",
    ),
    "file.empty": (
        "文件是空的（0 字节）；请向报送人重新索取",
        "the file is empty (0 bytes); ask for it again",
    ),
    "file.too_large": (
        "文件有 {size} MB，超过 {limit} MB 的上限；请拆分后再试",
        "the file has {size} MB, over the limit of {limit} MB; split it",
    ),
    "file.too_many_pages": (
        "文件有 {pages} 页，超过 {limit} 页的上限；请拆分后再试",
        "the file has {pages} pages, over the limit of {limit}; split it",
    ),
    "file.no_permission": (
        "没有读取权限；请检查文件权限",
        "permission denied; check the file's permissions",
    ),
    "file.unsupported": (
        "不支持 {suffix} 格式；请另存为 .docx、.pdf、.txt、.md 或 .html，压缩包请用 .zip",
        "the format {suffix} is not supported; save it as .docx, .pdf, .txt, .md or .html; "
        "an archive as .zip",
    ),
    "file.misnamed": (
        "扩展名是 {suffix}，内容却是 {actual}；请改正扩展名后再试",
        "named {suffix} but its content is {actual}; rename it and try again",
    ),
    "file.legacy_word": (
        "是旧版 Word（.doc）内容；请把扩展名改为 .doc，或用 Word、WPS 另存为 .docx",
        "this is legacy Word (.doc) content; rename it to .doc, or save it as .docx in Word or WPS",
    ),
    "file.password": (
        "文件有密码保护；请取得密码，另存一份不加密的再试",
        "the file is password-protected; save an unprotected copy and try again",
    ),
    "file.corrupt": (
        "文件已损坏，无法打开（{detail}）；请向报送人重新索取",
        "the file is corrupt and cannot be opened ({detail}); ask for it again",
    ),
    "file.binary": (
        "不是文本：内容是二进制数据；请确认文件没有选错",
        "not text: the content is binary data; check that this is the right file",
    ),
    "file.encoding": (
        "无法识别文字编码；请另存为 UTF-8",
        "the character encoding is not recognised; save the file as UTF-8",
    ),
    "file.no_text_layer": (
        "PDF 里没有文字，可能是扫描件；请先做文字识别（OCR）再试",
        "the PDF holds no text, probably a scan; run OCR on it first",
    ),
    "ofd.no_text": (
        "OFD 里没有能读的文字，可能是扫描件（装了 ocr 组件才能识别），或文字没有通用编码；请向报送人要 Word 或 PDF 版本",
        "the OFD holds no readable text: a scan (the extra ocr reads it), or text without common codes; "
        "ask for Word or PDF",
    ),
    "picture.needs_ocr": (
        "是图片，要先装文字识别组件：pip install 'zhaojing[ocr]'；"
        "不能上网时，先在能上网的同类机器上运行 pip download 'zhaojing[ocr]'，"
        "再把下载的文件拷来安装",
        "a picture, which needs text recognition: pip install 'zhaojing[ocr]'; without a network, "
        "run pip download 'zhaojing[ocr]' on a machine of the same kind that has one, and install "
        "from the files it fetched",
    ),
    "picture.too_large": (
        "图片超过 {limit} 百万像素的上限；请用 300 dpi 或更低的分辨率重新扫描",
        "the picture has over {limit} million pixels; scan it again at 300 dpi or less",
    ),
    "ocr.too_many": (
        "要识别文字的页超过 {limit} 页的上限；请拆分后再试",
        "over {limit} pages need text recognition; split the file",
    ),
    "ocr.nothing": (
        "图片里没有认出文字；请换一份清晰的扫描件",
        "no text was recognised in the pictures; use a clearer scan",
    ),
    "ocr.broken": (
        "文字识别组件无法启动（{detail}）；请重新安装：pip install --force-reinstall 'zhaojing[ocr]'",
        "text recognition does not start ({detail}); run: pip install --force-reinstall 'zhaojing[ocr]'",
    ),
    "file.no_sentences": (
        "没有读到任何句子；请确认文件里有正文",
        "no sentence was found; check that the file has a body",
    ),
    # formats that LibreOffice reads for us
    "office.missing": (
        "读这种格式要用 LibreOffice，本机没有找到；请安装 LibreOffice，或用 Word、WPS 另存为 .docx",
        "LibreOffice, which reads this format, was not found; install it, or save the file as "
        ".docx in Word or WPS",
    ),
    "office.failed": (
        "LibreOffice 打不开这个文件（{detail}）；请用 Word 或 WPS 另存为 .docx 再试",
        "LibreOffice cannot open the file ({detail}); save it as .docx in Word or WPS",
    ),
    "office.slow": (
        "LibreOffice 用了 {seconds} 秒还没有读完；请用 Word 或 WPS 另存为 .docx 再试",
        "LibreOffice did not finish within {seconds} s; save the file as .docx in Word or WPS",
    ),
    # archives and what is in them
    "archive.not_one": (
        "是压缩包，可能有多份报告；请用 zhaojing screen，或解压后逐份读取",
        "this is an archive, which may hold many reports; use zhaojing screen, or unpack it",
    ),
    "archive.nothing": (
        "压缩包里没有报告；请检查是否选错",
        "the archive holds no report; check that it is the right one",
    ),
    "archive.too_many": (
        "压缩包里的文件超过 {limit} 个，一个也没有读；请解压后分批筛查",
        "the archive holds more than {limit} files, none of which was read; unpack it",
    ),
    "archive.too_deep": (
        "压缩包套了 {limit} 层以上，里面的没有读；请先解压",
        "the archive is nested more than {limit} deep and was not read; unpack it first",
    ),
    "archive.too_much": (
        "压缩包解压后超过 {limit} MB，这个文件没有读；请解压后单独筛查",
        "the archive unpacks to more than {limit} MB; this file was not read, unpack it first",
    ),
    "archive.bomb": (
        "解压后是原来的 {limit} 倍以上，疑似恶意文件，没有读；请向报送人核实",
        "it unpacks to more than {limit} times its size, as hostile files do; it was not read, "
        "ask its sender",
    ),
    "archive.method": (
        "压缩方式不支持；请解压后再试",
        "packed by a method that is not supported; unpack it and try again",
    ),
    "folder.nothing": (
        "文件夹里没有可读的报告（支持 {suffixes}）",
        "the folder holds no readable report ({suffixes})",
    ),
    "folder.results": (
        "这里放着一次筛查的结果，没有当作报告来读；请把报告和筛查结果分开存放",
        "here are the results of a screening; they were not read as reports; keep the two apart",
    ),
    # records and rows
    "records.invalid": (
        "{count} 处错误，什么也没有写出：\n{faults}",
        "{count} faults, nothing was written:\n{faults}",
    ),
    "records.more": ("……另有 {count} 处", "... and {count} more"),
    "records.line": ("第 {line} 行", "line {line}"),
    "records.no_column": (
        "找不到列 {column}；现有的列：{found}",
        "no column {column}; the columns are: {found}",
    ),
    "records.nothing": ("没有任何句子；请检查输入", "there is no sentence; check the input"),
    # labelling a corpus
    "label.bad_output": (
        "输出的扩展名认不出；请用 .jsonl、.csv、.parquet、.json（后面可加 .gz 或 .zst），或给出文件夹",
        "the output ends in something unknown; use .jsonl, .csv, .parquet, .json (with .gz or .zst "
        "behind it), or name a folder",
    ),
    "label.bad_keep": (
        "--keep 的列写了两遍，或与输出自己的列重名；请先改列名",
        "--keep names a column twice, or one that the output has itself; rename it first",
    ),
    "label.bad_min_score": (
        "--min-score 应在 0 到 1 之间",
        "--min-score lies between 0 and 1",
    ),
    "label.bad_sample": ("--sample 应是 1 以上的整数", "--sample is 1 or more"),
    "label.bad_shard_rows": ("--shard-rows 应是 1 以上的整数", "--shard-rows is 1 or more"),
    "label.bad_workers": ("--workers 应是 1 以上的整数", "--workers is 1 or more"),
    "label.bad_engine": (
        "--engine 应是 processes 或 ray；--address 只与 --engine ray 一起用",
        "--engine is processes or ray; --address goes with --engine ray only",
    ),
    "label.bad_format": (
        "--format 可用 jsonl、csv、parquet、label-studio、doccano、argilla、datasets；"
        "datasets 要输出到文件夹，.json 要说明是哪一种",
        "--format is jsonl, csv, parquet, label-studio, doccano, argilla or datasets; datasets "
        "needs a folder, and .json does not say which it is",
    ),
    "label.bad_compress": (
        "--compress 可用 gzip、zstd；datasets 格式不能压缩",
        "--compress is gzip or zstd; the format datasets is never compressed",
    ),
    "label.bad_resume": (
        "--resume 只用于输出到文件夹、输入不是 - 的情形",
        "--resume needs a folder as output, and an input that is not -",
    ),
    "label.format": (
        "认不出 {suffix} 格式；可用 {known}",
        "the format {suffix} is not known; use {known}",
    ),
    "label.broken_off": (
        "第 {line} 行以后读不下去（{detail}），其余的行没有处理；请检查文件是否完整",
        "cannot be read beyond line {line} ({detail}), the rest was left out; check the file",
    ),
    "label.too_long": (
        "一行的文字超过 {limit} 字的上限；请先切成文档",
        "a row has more than the {limit} characters that one may have; cut it into documents",
    ),
    "label.csv": (
        "不是合法的 CSV 行（{detail}）；请检查引号",
        "not a valid CSV row ({detail}); check its quotation marks",
    ),
    "label.cells": (
        "应有 {expected} 列，实有 {actual} 列",
        "{expected} columns are expected, there are {actual}",
    ),
    "label.inside": (
        "输出位置在输入文件夹里面，会被当成输入；请换一个位置",
        "the output lies inside the input folder and would be read as input; choose another place",
    ),
    "label.occupied": (
        "文件夹里已有内容；接着上次做请加 --resume，重做请换一个新文件夹",
        "the folder is not empty; add --resume to go on with its run, or name a new folder",
    ),
    "label.locked": (
        "另一个进程正在往这个文件夹里写；请等它结束，或换一个文件夹",
        "another process is writing into this folder; wait for it, or name another folder",
    ),
    "label.not_ours": (
        "这里没有可以接着做的标注（manifest.json 缺失或不是标注留下的）；请换一个新文件夹",
        "no labelling to go on with here: manifest.json is missing or not one of ours; name a new "
        "folder",
    ),
    "label.changed": (
        "与上次相比，这些变了：{what}；请恢复原样再接着做，或换一个新文件夹重做",
        "these have changed since: {what}; put them back to go on, or start anew in a new folder",
    ),
    "label.shard_changed": (
        "这个分片写出后被改动或删除了，不能接着做；请放回原件，或换一个新文件夹重做",
        "this shard was changed or deleted after it was written; put it back, or start anew in a "
        "new folder",
    ),
    "label.lost": (
        "数目对不上（读入 {rows} 行，{counts}），结果不可用；请反馈这个问题",
        "the counts do not add up ({rows} rows read, {counts}), do not use the results; please "
        "report this",
    ),
    "label.worker_died": (
        "一个工作进程意外结束，可能是内存不足；请减小 --workers，再用 --resume 接着做",
        "a worker process ended unexpectedly, perhaps for want of memory; lower --workers and go "
        "on with --resume",
    ),
    "label.no_cluster": (
        "Ray 没有连上（{detail}）；地址应是 主机:端口，端口是 ray start --head 所用的那个，"
        "本机也要先加入集群（ray start --address）",
        "Ray cannot be reached ({detail}); an address is HOST:PORT, with the port of "
        "ray start --head, and this machine must have joined the cluster (ray start --address)",
    ),
    "label.no_nodes": (
        "集群里没有可用的节点了；请检查各节点和 ray status，再用同样的命令加 --resume 接着做",
        "no node of the cluster is left; look at the nodes and at ray status, then go on with the "
        "same command and --resume",
    ),
    "label.node_differs": (
        "这个节点上的模型或程序与本机的不同（本机是 zhaojing {version}）；"
        "请装同一版本，放同样的模型文件夹，再用 --resume 接着做",
        "the model or the program on this node is not the one here (zhaojing {version}); install "
        "the same version and the same model folder, and go on with --resume",
    ),
    "label.node_failed": (
        "有节点不能运行 zhaojing（{detail}）；请在每个节点上装同一版本的 zhaojing[cluster]，"
        "再用 --resume 接着做",
        "a node cannot run zhaojing ({detail}); install the same version of zhaojing[cluster] on "
        "every node, and go on with --resume",
    ),
    "label.progress": (
        "已标注 {sentences} 句，每秒 {rate} 句，读了 {share}",
        "{sentences} sentences labelled, {rate} a second, {share} read",
    ),
    "label.interrupted": (
        "已停下；写好的分片都在，用同样的命令加 --resume 就能接着做",
        "stopped; finished shards are kept, the same command with --resume goes on from there",
    ),
    "label.rejected": (
        "有 {count} 处没有标注，原因见 rejects.jsonl 或上面的说明",
        "{count} rows or files were not labelled; rejects.jsonl or the lines above say why",
    ),
    "label.rate": ("{sentences} 句，每秒 {rate} 句", "{sentences} sentences, {rate}/s"),
    # field faults
    "fault.json": ("不是合法的 JSON（{detail}）", "not valid JSON ({detail})"),
    "fault.type": ("应为 {expected}，实为 {actual}", "expected {expected}, got {actual}"),
    "fault.missing": ("缺少这个字段", "the field is missing"),
    "fault.value": (
        "取值 {value} 不在 {allowed} 之中",
        "the value {value} is not one of {allowed}",
    ),
    "fault.blank": ("不能为空", "must not be blank"),
    "fault.duplicate": (
        "{value} 重复，已在 {place} 出现",
        "{value} is repeated, first at {place}",
    ),
    "fault.repeated": ("{value} 写了两次", "{value} is given twice"),
    "fault.other_role": (
        "角色为 {role} 的句子不能有类别",
        "a sentence whose role is {role} has no category",
    ),
    "fault.text": ("不能含有换行", "must not contain a line break"),
    "fault.unknown": ("没有这样的字段；请检查拼写", "there is no such field; check its spelling"),
    "fault.not_in_text": ("句子里没有 {value}", "the sentence does not hold {value}"),
    "fault.surrogate": ("含有不完整的字符", "holds half a character"),
    # a corpus as a whole
    "corpus.resplit": (
        "{place} 切句后不是原来的一句：{text}",
        "{place} does not split to itself: {text}",
    ),
    "corpus.across": (
        "{a} 与 {b} 跨集近似（{share}）：{text}",
        "{a} and {b} are near-duplicates across splits ({share}): {text}",
    ),
    "corpus.within": (
        "{split} 内有 {share}（{count} 句）近似重复",
        "{share} of {split} ({count} sentences) are near-duplicates within it",
    ),
    "corpus.documents": (
        "文档 {a} 与 {b} 近似（{share}）",
        "documents {a} and {b} are near-duplicates ({share})",
    ),
    "corpus.run": ("{documents} 共有连续 20 字：{run}", "{documents} share 20 characters: {run}"),
    "agreement.different": ("两份标注的句子不同", "the two files hold different sentences"),
    "agreement.nothing": ("两份标注没有共同的文档", "the two files share no document"),
    # models
    "model.missing": (
        "没有找到模型；请用 --model 指定模型文件夹，或运行 zhaojing train",
        "no model there; name a model folder with --model, or run zhaojing train",
    ),
    "model.file_missing": (
        "模型文件夹里缺少 {name}；请重新取得完整的文件夹",
        "the model folder lacks {name}; get the complete folder again",
    ),
    "model.corrupt": (
        "模型文件夹已损坏（{detail}）；请重新取得",
        "the model folder is damaged ({detail}); get it again",
    ),
    "model.version": (
        "模型格式版本 {found} 与本程序（{expected}）不符；请升级程序或重新训练",
        "model format {found} does not match this program ({expected}); upgrade or train again",
    ),
    "model.labels": (
        "模型的标签与本程序的标注规范不同（{found}）；请重新训练",
        "the model's labels differ from this program's guideline ({found}); train again",
    ),
    "extra.missing": (
        '需要 {extra} 组件；请运行：pip install "zhaojing[{extra}]"',
        'the extra {extra} is needed; run: pip install "zhaojing[{extra}]"',
    ),
    "export.kind": (
        "这是 {kind} 模型，只有用 torch 训练的编码器才需要导出；请直接使用",
        "a model of kind {kind}: only an encoder trained with torch is exported; use it as it is",
    ),
    "export.failed": (
        "这种编码器无法导出（{detail}）；请换一种编码器训练",
        "this encoder cannot be exported ({detail}); train another kind of encoder",
    ),
    # configuration and output
    "train.occupied": (
        "已有别的内容，不能拿来放模型；请换一个新的文件夹",
        "holds something else than a model; name a new folder",
    ),
    "train.other_run": (
        "里面的检查点属于另一次训练（设置或数据不同）；请去掉 --resume，或换一个输出位置",
        "holds the checkpoints of another run; leave out --resume, or name another output",
    ),
    "train.no_features": (
        "没有一个特征达到 min_count={count}；请调小",
        "no feature reaches min_count={count}; lower it",
    ),
    "pretrain.no_corpus": (
        "没有语料：需要 .txt 或 .txt.xz 文件；请检查路径",
        "no corpus: it takes .txt or .txt.xz files; check the path",
    ),
    "pretrain.other_rows": (
        "里面是按别的设置打包的数据；请换一个 packed 文件夹，或删掉它",
        "holds rows packed with other settings; name another packed folder, or delete it",
    ),
    "pretrain.no_rows": (
        "没有打包好的数据（rows-*.npy）；请把它们放在这个文件旁边",
        "has no packed rows (rows-*.npy) beside it; put them there",
    ),
    "pretrain.has_checkpoint": (
        "已有上次训练的检查点；接着训练请加 --resume，重新开始请先把它移走",
        "there is a checkpoint of an earlier run; add --resume to go on, or move it away",
    ),
    "pretrain.diverged": (
        "损失不再是有限的数；检查点没有改动，请调低 learning_rate",
        "the loss is no longer a number; the checkpoint is as it was, lower learning_rate",
    ),
    "config.invalid": ("配置有误：{detail}", "the configuration is wrong: {detail}"),
    "config.unreadable": ("打不开设置文件：{detail}", "the settings cannot be read: {detail}"),
    "config.no_toml": (
        "设置文件不合 TOML 写法：{detail}（文字两边要有英文引号，每行一项 名称 = 值）",
        "this is no TOML: {detail} (text stands in quotes, one name = value a line)",
    ),
    "config.unknown": (
        "没有这样的设置：{names}；可用的有 {allowed}",
        "unknown settings: {names}; known are {allowed}",
    ),
    "config.missing": ("缺少设置：{names}", "missing settings: {names}"),
    "config.value": (
        "{name} 不能写 {value}；可写的有 {allowed}",
        "{name} cannot be {value}; allowed are {allowed}",
    ),
    "config.range": (
        "{name} 应在 {low} 到 {high} 之间，现在是 {value}",
        "{name} must lie between {low} and {high}, got {value}",
    ),
    "config.type": (
        "{name} 的写法不对：应是 {kind}，现在是 {value}",
        "{name} must be {kind}, got {value}",
    ),
    "config.reason": (
        "{name} 里每一项都要有词语和理由，这一项没有：“{value}”",
        "each entry of {name} needs a phrase and a reason; this one lacks them: “{value}”",
    ),
    "encoder.offline": (
        "无法取得编码器（{detail}）；没有网络时请给出本地文件夹",
        "the encoder cannot be loaded ({detail}); without a network, name a local folder",
    ),
    "output.not_a_folder": (
        "不是文件夹；请换一个输出位置",
        "is not a folder; choose another place",
    ),
    "output.is_input": (
        "输出会覆盖输入文件；请换一个文件名",
        "the output would overwrite the input; choose another name",
    ),
    "output.failed": (
        "无法写出（{detail}）；请检查磁盘空间和权限",
        "cannot be written ({detail}); check space and permissions",
    ),
    # making a screening again
    "replay.invalid": (
        "不是筛查留下的 manifest.json（{detail}）；请给出结果文件夹里的那一个",
        "not the manifest.json of a screening ({detail}); name the one in the results' folder",
    ),
    "replay.same": ("相同", "the same"),
    "replay.changed": ("不同", "changed"),
    "replay.inputs": ("报告文件", "input files"),
    "replay.model": ("模型", "model"),
    "replay.fixed_wording": ("固定用语表", "list of fixed wording"),
    "replay.results": ("逐句结果", "results of the sentences"),
    "replay.reports": ("各份报告的结果", "results of the reports"),
    # the terminal
    "cli.error": ("错误：", "error: "),
    "cli.reading": ("正在筛查", "screening"),
    "cli.summary": (
        "共 {files} 份报告、{sentences} 句，标出 {flagged} 句",
        "{files} reports, {sentences} sentences, {flagged} flagged",
    ),
    "cli.what_and_where": (
        "请给出要筛查的报告和存放结果的文件夹：zhaojing screen 报告… --output 结果",
        "name the reports and a folder for the results: zhaojing screen PATH... --output FOLDER",
    ),
    "cli.copied": (
        "有 {count} 对报告内容雷同，见首页",
        "{count} pairs of reports share passages, see the index page",
    ),
    "cli.failed": ("有 {count} 个文件没有读成：", "{count} files could not be read:"),
    "cli.written": ("结果在 {path}", "results are in {path}"),
    "cli.labelled": ("已标注 {rows} 句 → {path}", "{rows} sentences labelled → {path}"),
    "cli.valid": (
        "{path}：{documents} 篇、{sentences} 句，没有错误",
        "{path}: {documents} documents, {sentences} sentences, no fault",
    ),
    "cli.reviewed": ("{count} 句训练数据 → {path}", "{count} sentences to train on → {path}"),
    "cli.paused": (
        "已存下检查点，训练尚未完成；接着训练请加 --resume",
        "paused with a checkpoint, not done yet; add --resume to go on",
    ),
    "cli.pretrained": ("已写入 {path}", "written to {path}"),
    "cli.trained": ("模型已写入 {path}", "the model is in {path}"),
    # reports
    "report.title": ("照镜筛查结果", "zhaojing screening report"),
    "report.notice": (
        "标出的句子只是供人复核的线索，不是对任何单位或个人的结论。",
        "A flagged sentence is a lead for a person to check, never a verdict on anyone.",
    ),
    "report.file": ("报告", "report"),
    "report.sentences": ("句数", "sentences"),
    "report.flagged": ("标出", "flagged"),
    "report.embellishment": ("自我美化", "self-praise"),
    "report.mean_embellishment": ("平均美化度", "mean self-praise"),
    "report.practices": ("主要问题", "main practices"),
    "report.strongest": ("最值得看的句子", "strongest sentences"),
    "report.page": ("第 {page} 页", "p. {page}"),
    "report.paragraph": ("第 {paragraph} 段", "para. {paragraph}"),
    "report.category": ("类别", "practice"),
    "report.none": ("无", "none"),
    "report.model": ("模型：{model}", "model: {model}"),
    "report.legend": ("图例", "legend"),
    "report.praise_legend": (
        "句子自己的语言明显拔高本单位、工作或领导",
        "the sentence's own language clearly exalts the unit, its work or its leaders",
    ),
    "report.how_to_read": (
        "句前的字母是类别，句后依次是类别、作用和分值（0–1，越高越确定）；粗体是判断所依据的词语。"
        "鼠标停在句上、或点按句后的小字，可看各项分值。",
        "The letter before a sentence is its practice; behind it stand practice, role and score "
        "(0–1, higher is surer); the words behind the judgement are bold. Rest the pointer on a "
        "sentence, or press the small print behind it, for all scores.",
    ),
    # the pages of a screening
    "page.skip_to_table": ("跳到总表", "skip to the table"),
    "page.skip_to_text": ("跳到报告正文", "skip to the text of the report"),
    "page.notice": (
        "指数只用来决定先看哪一份，不是对报告、单位或个人的结论；每一处都要由人对照原文核实。",
        "The index only says which report to read first. It is no verdict on a report, a unit or "
        "a person; every point must be checked by a person against the text.",
    ),
    "page.all_read": ("交来的文件全部读成。", "Every file that was handed in has been read."),
    "page.unread_count": (
        "有 {count} 个文件没有读成，不在下面的总表里",
        "{count} files could not be read and are not in the table below",
    ),
    "page.unread_pages": (
        "有 {count} 页是图片，没有识别出文字，这些页没有筛查：",
        "{count} pages are pictures on which no text was recognised; they were not screened: ",
    ),
    "page.doubtful_pages": (
        "有 {count} 页是扫描图片，文字识别的可信度不到 {limit}，请对照原件：",
        "{count} pages are scans recognised with a confidence below {limit}; check the original: ",
    ),
    "page.recognised": ("文字识别可信度 {share}", "text recognised, confidence {share}"),
    "page.recognised_pages": (
        "{count} 页由图片识别，逐页可信度",
        "{count} pages recognised from pictures, with the confidence of each",
    ),
    "page.ranking": ("总表", "all reports"),
    "page.rank": ("次序", "rank"),
    "page.reasons": ("指数由来", "what makes the index"),
    "page.filter": ("筛选总表", "filter the table"),
    "page.by_name": ("名称含", "name contains"),
    "page.by_practice": ("有这类问题", "shows the practice"),
    "page.any_practice": ("不限", "any"),
    "page.by_index": ("指数不低于", "index at least"),
    "page.shown": ("显示的报告", "reports shown"),
    "page.sort": ("排序：", "sort by "),
    "page.no_report": ("没有一份报告读成。", "No report could be read."),
    "page.facts": ("基本情况", "facts"),
    "page.path": ("文件", "file"),
    "page.pages": ("页数", "pages"),
    "page.share": ("{count} 句，占 {share}", "{count} sentences, {share}"),
    "page.cleared": ("按放行说法不标", "cleared by the allow-list"),
    "page.back": ("返回总表", "back to the list"),
    "page.previous": ("上一份：", "previous report:"),
    "page.next": ("下一份：", "next report:"),
    "page.contents": ("本页内容", "on this page"),
    "page.text": ("报告正文", "text of the report"),
    "page.to_text": ("看原文", "see it in the text"),
    # the index of a report and its parts
    "risk.index": ("先看指数", "index"),
    "risk.interval": ("95% 区间 {low}–{high}", "95% interval {low}–{high}"),
    "risk.too_few": (
        "不足 {fewest} 句，不计指数",
        "fewer than {fewest} sentences, no index",
    ),
    "risk.too_few_why": (
        "句子太少时，一两句就会使指数大起大落，所以不足 {fewest} 句的报告不计指数，请直接看正文。",
        "With so few sentences one or two would swing the index, so reports of fewer than "
        "{fewest} have none; read the text itself.",
    ),
    "risk.part": ("组成部分", "part"),
    "risk.share": ("占比", "share"),
    "risk.points": ("得分", "points"),
    "risk.part_points": ("{name} {points} 分", "{name} {points}"),
    "risk.most": ("最高分", "points at most"),
    "risk.full": ("占比达到多少得最高分", "share that earns them"),
    "risk.none": ("各部分都没有得分", "no part adds a point"),
    "risk.how": ("指数怎样得出", "how the index is made"),
    "risk.formula": (
        "指数是 {count} 个部分的得分之和，0 到 {total}。每一部分的得分 = 最高分 × 占比 ÷ 得最高分的占比，"
        "到最高分为止。占比按模型给出的概率折算，不是数标出的句子；95% 区间是按这些概率反复抽取得到的，"
        "只反映模型自己的把握，不包括它判断错的情况。",
        "The index is the sum of {count} parts, 0 to {total}. A part adds its points at most, times "
        "its share, divided by the share that earns them all, and never more. Shares are expected "
        "by the model's probabilities, not counts of marked sentences; the 95% interval comes from "
        "drawing with these probabilities: the model's own doubt, not its errors.",
    ),
    "risk.praise": ("自我夸赞", "self-praise"),
    "risk.praise_means": (
        "各句美化分值的平均",
        "the mean self-praise of all sentences",
    ),
    "risk.unproven": ("无依据的夸赞", "praise without evidence"),
    "risk.unproven_means": (
        "其中出自没有数字、基数、具名对象和出处的句子的部分",
        "the part of it in sentences without number, base, named object or source",
    ),
    "risk.displayed": ("做法当成绩", "practices displayed"),
    "risk.displayed_means": (
        "把六类做法当作成绩来写的句子",
        "the sentences that show one of the six practices as an achievement",
    ),
    "risk.copied": ("与别的报告雷同", "copied text"),
    "risk.copied_means": (
        "与别的报告相同的文字，公文套语不算",
        "the text that also stands in another report, official set phrases aside",
    ),
    "risk.unanswered": ("有问题无措施", "problems without measure"),
    "risk.unanswered_means": (
        "说了问题、却没有说措施的类别，占说了问题的类别",
        "the practices told as a problem without a measure, of all that are told",
    ),
    # the grid of practices and roles
    "grid.title": ("问题与措施对照", "problems and measures"),
    "grid.problem": ("问题表现", "as a problem"),
    "grid.measure": ("整改措施", "as a measure"),
    "grid.achievement": ("作为成绩展示", "as an achievement"),
    "grid.link": (
        "点数字，看这一格里最明显的一句；全部句子列在表下。",
        "A number leads to the strongest sentence of its cell; all are listed below the table.",
    ),
    "grid.unanswered": (
        "说了问题，全文没有相应的措施：",
        "told as a problem, with no measure anywhere in the report: ",
    ),
    "grid.unprompted": (
        "写了措施，全文没有说相应的问题：",
        "measures for a problem that the report tells nowhere: ",
    ),
    "grid.answered": (
        "说到的问题都有措施，写到的措施都有问题。",
        "Every problem told has a measure, and every measure a problem.",
    ),
    "grid.nothing": (
        "全文没有说到这六类问题，也没有相应的措施。",
        "The report tells none of the six practices, as a problem or with a measure.",
    ),
    "grid.off": ("不查：{reason}", "not looked for: {reason}"),
    "grid.all": ("{name}：全部 {count} 句", "{name}: all {count} sentences"),
    # self-praise
    "praise.share": ("夸赞的句子", "sentences of praise"),
    "praise.strength": ("平均强度（0–1）", "mean strength (0–1)"),
    "praise.unproven": ("其中无可核实的依据", "of these, with nothing to check"),
    "praise.none": ("没有一句够得上自我夸赞。", "No sentence amounts to self-praise."),
    "praise.chart": (
        "全文各段的美化度：横轴是文中的位置，纵轴是该段各句的平均分值；点竖条可到原文。",
        "Self-praise along the report: across, the place in the text; upward, the mean score of "
        "the stretch; press a bar to read it.",
    ),
    "praise.axis": ("美化度", "self-praise"),
    "praise.headings": ("图中虚线是这些标题：", "The dashed lines are these headings:"),
    "praise.passages": ("夸赞最集中的段落", "where praise crowds together"),
    "praise.passage": ("{first} 至 {last}，{count} 句", "{first} to {last}, {count} sentences"),
    "praise.claims": ("逐句核对", "claim by claim"),
    "praise.all_claims": ("全部 {count} 句", "all {count} sentences"),
    "praise.place": ("位置", "place"),
    "praise.sentence": ("句子", "sentence"),
    "praise.checkable": ("可核实的内容", "what can be checked"),
    "proof.number": ("数字", "number"),
    "proof.base": ("比较基数或时段", "base or period"),
    "proof.object": ("具名对象", "named object"),
    "proof.source": ("出处", "source"),
    # copied passages
    "copy.title": ("雷同段落", "copied passages"),
    "copy.none": ("没有发现与别的报告雷同的段落。", "No passage was found in another report."),
    "copy.first": ("报告甲", "first report"),
    "copy.second": ("报告乙", "second report"),
    "copy.share_of_first": ("占甲", "of the first"),
    "copy.share_of_second": ("占乙", "of the second"),
    "copy.passages": ("段数", "passages"),
    "copy.who": (
        "只说两份报告有相同的文字，谁抄谁、是否得当，要由人判断。",
        "This only says that two reports share words; who copied whom, and whether that is "
        "improper, is for a person to judge.",
    ),
    "copy.identical": ("两份全文相同。", "The two reports are the same throughout."),
    "copy.earlier": ("（往期报告）", "(an earlier report)"),
    "copy.shares": (
        "本报告的 {mine} 与它相同，占它的 {theirs}",
        "{mine} of this report stands there too, {theirs} of the other",
    ),
    "copy.mine": ("本报告", "this report"),
    "copy.theirs": ("另一份", "the other report"),
    "copy.passage": ("第 {number} 段，相同 {share}", "passage {number}, {share} the same"),
    "copy.more_sentences": ("本段另有 {count} 句没有列出。", "{count} more sentences not shown."),
    "copy.more_passages": (
        "另有 {count} 段没有列出，正文里以 ≡ 标明。",
        "{count} more passages are not shown; in the text they carry ≡.",
    ),
    # marks in the text
    "mark.outlined": (
        "字母带框、句下是点线：写的是这类问题的措施，计入对照表，不算问题",
        "letter in a frame, dotted line: tells a measure against the practice; counted in the "
        "grid, not flagged",
    ),
    "mark.dashed": (
        "句下是虚线：本来会标出，按放行说法不标，理由写在句后",
        "dashed line: would be flagged, but is cleared by the allow-list for the reason behind it",
    ),
    "mark.copied": ("与别的报告雷同的句子", "the sentence also stands in another report"),
    "mark.cleared": ("已放行：{reason}", "cleared: {reason}"),
    "mark.checkable": ("可核实：{names}", "can be checked: {names}"),
    "mark.uncheckable": ("无可核实的依据", "nothing in it can be checked"),
    # what the office has decided
    "policy.title": ("本次筛查的设定", "settings of this screening"),
    "policy.file": ("设置文件：{path}", "settings file: {path}"),
    "policy.setting": ("设定", "setting"),
    "policy.value": ("值", "value"),
    "policy.reason": ("理由或来源", "reason or origin"),
    "policy.mode": ("标记的宽严", "readiness to flag"),
    "policy.threshold": ("{name}：达到多少才标", "{name}: flagged from"),
    "policy.allow": ("放行的说法", "allowed phrase"),
    "policy.fixed_wording": ("不算雷同的套语", "set phrase, no copying"),
    "policy.off": ("不查", "not looked for"),
    "policy.cautious": ("从严认定，少误标", "cautious: few false alarms"),
    "policy.balanced": ("兼顾", "balanced"),
    "policy.sensitive": ("从宽认定，少漏标", "sensitive: few misses"),
    "policy.own": ("本单位设定", "set by this office"),
    "policy.of_model": ("模型自带", "comes with the model"),
    "policy.cleared": ("按放行说法不标的句子", "sentences cleared by the allow-list"),
    "policy.no_cleared": (
        "没有句子因放行说法而不标。",
        "No sentence was cleared by the allow-list.",
    ),
    "output.reviewed": (
        "台账写出后有人改过（可能已填复核意见），不能覆盖；请先改名，或换一个输出文件夹",
        "somebody has worked on this ledger; rename it first, or choose another output folder",
    ),
    "comment.no_word": (
        "内容其实是网页，做不成带批注的副本；请用 Word 或 WPS 另存为 .docx",
        "its content is a web page, of which no copy with comments is made; save it as .docx",
    ),
    "output.foreign": (
        "这个文件不是筛查留下的，不能覆盖；请换一个输出文件夹",
        "no screening wrote this file, and it will not be overwritten; choose another output folder",
    ),
    # comments in the copy of a Word file
    "comment.role": ("作用：{scores}", "role: {scores}"),
    "comment.evidence": ("依据的词语：{words}", "words behind it: {words}"),
    "comment.sentence": ("指的是这一句：{text}", "about this sentence: {text}"),
    "comment.changed": (
        "筛查之后文件内容变了，没有写批注；请重新筛查",
        "the file has changed since it was screened, no comments were written; screen it again",
    ),
    "comment.too_many": (
        "批注会超过 Word 能打开的 {limit} 条，没有写批注；请拆分后再试",
        "there would be more than the {limit} comments that Word opens, none were written; split it",
    ),
    # the ledger, and the judgements that people write into it
    "ledger.summary": ("汇总", "summary"),
    "ledger.detail": ("明细", "sentences"),
    "ledger.how_to_judge": (
        "请在“明细”的黄色格里填复核意见：属实＝这句话确实值得看；误报＝不该标出；存疑＝拿不准。",
        "Fill in the yellow cells of the other sheet: true = worth a look; false = it should not "
        "be flagged; unsure.",
    ),
    "ledger.how_to_correct": (
        "类别、角色或等级不对的，在右边改正；留空就是照模型给的算。填好后请运行 "
        "zhaojing review import，把这张表交回来。",
        "Correct practices, role or level beside it where they are wrong; empty means as the "
        "model says. Then run zhaojing review import on this file.",
    ),
    "ledger.state": ("情况", "state"),
    "ledger.screened": ("已筛查", "screened"),
    "ledger.share": ("占比", "share"),
    "ledger.praise": ("仅自我美化", "self-praise alone"),
    "ledger.number": ("序号", "no."),
    "ledger.place": ("位置", "place"),
    "ledger.heading": ("所在标题", "heading"),
    "ledger.sentence": ("句子", "sentence"),
    "ledger.evidence": ("依据的词语", "words behind it"),
    "ledger.role": ("角色", "role"),
    "ledger.score": ("美化分值", "self-praise score"),
    "ledger.verdict": ("复核意见", "verdict"),
    "ledger.right_categories": ("正确类别", "right practices"),
    "ledger.right_role": ("正确角色", "right role"),
    "ledger.right_level": ("正确美化等级", "right level"),
    "ledger.remark": ("备注", "remark"),
    "ledger.choose": ("请从下拉列表里选一项", "choose from the list"),
    "ledger.verdict_hint": (
        "属实：值得看。误报：不该标出，请在右边写出正确的角色、类别或等级。存疑：拿不准。",
        "true: worth a look. false: should not be flagged; give what is right beside it.",
    ),
    "ledger.categories_hint": (
        "不对时才填；可以写几类，用顿号分开；一类也没有就写“无”",
        "only where it is wrong; several with commas between; none if there is none",
    ),
    "ledger.role_hint": ("不对时才填", "only where it is wrong"),
    "ledger.level_hint": (
        "不对时才填：0 没有自夸，1 一般套话，2 明显拔高，3 极度拔高",
        "only where it is wrong: 0 no praise, 1 stock phrases, 2 strong, 3 extreme",
    ),
    "verdict.true": ("属实", "true"),
    "verdict.false": ("误报", "false"),
    "verdict.unsure": ("存疑", "unsure"),
    "workbook.unreadable": (
        "不是能打开的 .xlsx 工作簿（{detail}）；请在 WPS 或 Excel 里另存为 .xlsx 再试",
        "is no .xlsx workbook that can be opened ({detail}); save it as .xlsx and try again",
    ),
    "workbook.too_large": (
        "工作簿太大；请拆成几个再试",
        "the workbook is too large; split it",
    ),
    "review.not_ledger": (
        "不是照镜写出的台账：没有隐藏列 {column}；请用原来的台账，或从里面整行复制",
        "is no ledger of zhaojing, since it lacks the hidden column {column}; take the original, "
        "or copy whole rows of it",
    ),
    "review.column_twice": (
        "列 {column} 有两个；请只留一个",
        "there are two columns {column}; keep one",
    ),
    "review.key": (
        "隐藏列 {column} 的内容缺失或被改动，无法对应到原句；请从原来的台账整行复制",
        "the hidden column {column} is empty or changed; copy the whole row from the original",
    ),
    "review.twice": (
        "与 {place} 是同一句，内容却不同；请只留一行",
        "is the same sentence as {place}, but differs from it; keep one row",
    ),
    "review.no_verdict": (
        "改正了标签，却没有复核意见；请补上",
        "there are corrections but no verdict; give one",
    ),
    "review.none_and_more": (
        "既写了“无”，又写了类别；请留一样",
        "both none and a practice are given; keep one",
    ),
    "review.no_flag": (
        "写的是属实，改正后的标签却不该标出；请改成误报，或检查改正的标签",
        "the verdict is true, but with these corrections it deserves no flag; change one of them",
    ),
    "review.still_flag": (
        "写的是误报，改正后的标签却仍该标出；如果只是类别不对，请写属实",
        "the verdict is false, but with these corrections it still deserves a flag; if only the "
        "practice is wrong, the verdict is true",
    ),
    "review.nothing": (
        "没有能用来训练的句子，什么也没有写出；请先在台账里填复核意见",
        "no sentence can be used for training, nothing was written; fill in verdicts first",
    ),
    "review.flags": ("全部", "all flags"),
    "review.right": ("属实", "true"),
    "review.judged": ("属实＋误报", "true + false"),
    "review.precision": ("属实率", "precision"),
    "review.counts": (
        "存疑 {unsure} 句，没有判的 {unjudged} 句",
        "{unsure} unsure, {unjudged} not judged",
    ),
    "review.left_out": (
        "{count} 句没有写进训练数据：只写了误报、没写怎样才对，或者原文被截断",
        "{count} sentences are not in the training data: false without what is right, or cut",
    ),
    "gate.malformed": (
        "看不懂这道门槛：{gate}；请写成“指标>=数值”，如 problems.macro_f1>=0.85，也可用 >、<=、<",
        "cannot read the gate {gate}; write FIGURE>=NUMBER, such as problems.macro_f1>=0.85 "
        "(or >, <=, <)",
    ),
    "gate.unknown": (
        "评测结果里没有指标 {name}，门槛无从比较；相近的有：{near}",
        "there is no figure {name} to hold the gate against; near ones are: {near}",
    ),
    "slice.unknown": (
        "文档和句子都没有字段 {name}，无法按它分组；相近的有：{near}",
        "no document or sentence has a field {name} to group by; near ones are: {near}",
    ),
    "records.weight": (
        "有句子的抽样权重 weight 是 {value}；请改成大于 0 的数，或删去",
        "a sentence has the sampling weight {value}; make it a number above 0 or remove it",
    ),
    # behavioural tests and fairness pairs
    "behaviour.capability": ("考查的能力", "capability"),
    "behaviour.kind": ("种类", "kind"),
    "behaviour.minimum": ("起码要对", "minimum"),
    "behaviour.invariance": ("不应改变", "invariance"),
    "behaviour.direction": ("应当升降", "direction"),
    "behaviour.cases": ("例数", "cases"),
    "behaviour.failures": ("未过", "failures"),
    "behaviour.rate": ("未过率", "failure rate"),
    "behaviour.target": ("目标", "target"),
    "behaviour.ceiling": ("上限", "ceiling"),
    "behaviour.original": ("原句：", "original:"),
    "behaviour.expected": (
        "应为：{expected}；实为：{given}",
        "expected: {expected}; given: {given}",
    ),
    "behaviour.how_to_read": (
        "上限只防止退步，略高于现有模型的未过率；要达到的是目标。",
        "A ceiling only keeps a model from getting worse, and lies just above what it does now; "
        "the goal is the target.",
    ),
    "fairness.axis": ("比较", "compared"),
    "fairness.measure": ("看什么", "what is compared"),
    "fairness.pairs": ("对数", "pairs"),
    "fairness.a": ("前者", "first"),
    "fairness.b": ("后者", "second"),
    "fairness.difference": ("相差", "difference"),
    "fairness.rank": ("村与部委", "village, ministry"),
    "fairness.skill": ("笔拙与笔巧", "clumsy, skilled writer"),
    "fairness.era": ("2008 年与 2026 年的说法", "idiom of 2008, of 2026"),
    "fairness.dialect": ("方言土话与标准话", "dialect, standard"),
    "fairness.flagged": ("标出", "flagged"),
    "fairness.score": ("平均美化分值", "mean self-praise"),
    "fairness.categories_right": ("类别判对", "practices right"),
    "fairness.role_right": ("角色判对", "role right"),
    "fairness.few": ("* 不足 30 对，不足为凭", "* fewer than 30 pairs, which say little"),
    # thresholds that keep a promise
    "threshold.one_goal": (
        "请用 --precision 或 --recall 给出要求，两个只能用一个",
        "ask for either --precision or --recall, one of them",
    ),
    "threshold.numbers": (
        "精确率、召回率要在 0 与 1 之间，把握（--confidence）要在 0.5 与 1 之间",
        "precision and recall lie between 0 and 1, the confidence between 0.5 and 1",
    ),
    "threshold.names": (
        "--category 只能是 {names}；flags 只能单独用",
        "--category is one of {names}; flags stands alone",
    ),
    "threshold.learning": (
        "这份样本是为训练挑的难句，不代表平常的报告，不能用来定阈值；"
        "请用 zhaojing data sample --strategy random 另抽一份",
        "this sample was chosen to learn from and stands for no ordinary report; draw another with "
        "zhaojing data sample --strategy random",
    ),
    "threshold.few_documents": (
        "样本只有 {documents} 份文档，看不出同一份文档里的句子有多像；请标够 {fewest} 份以上",
        "the sample holds {documents} documents, too few to see how alike their sentences are; "
        "label {fewest} or more",
    ),
    "threshold.weighted_recall": (
        "分层样本不能保证召回率：漏掉的句子占的份量最大，却可能一句也没有抽到；"
        "请用 --strategy random 抽的样本",
        "a stratified sample promises no recall, since none of the sentences that were missed may "
        "be in it; use one drawn with --strategy random",
    ),
    "threshold.exists": (
        "已经有这个文件，里面可能有别的设置，不覆盖；请换一个文件名，再把 [thresholds] 一节抄过去",
        "the file exists and may hold other settings, it is not overwritten; choose another name, "
        "then copy the part [thresholds]",
    ),
    "threshold.origin": (
        "由 zhaojing threshold 写出，筛查时用 zhaojing screen --config 读入\n"
        "样本：{sample}（SHA-256 {sha}……），{documents} 份文档 {sentences} 句\n"
        "模型：{model}；换了模型，下面的阈值作废\n"
        "要求：{goal}不低于 {share}，每一项各有 {confidence} 的把握\n"
        "只对与样本同类的报告有效；没有写阈值的类别用模型自带的",
        "Written by zhaojing threshold, read by zhaojing screen --config\n"
        "Sample: {sample} (SHA-256 {sha}...), {documents} documents, {sentences} sentences\n"
        "Model: {model}; with another model the thresholds below are void\n"
        "Wanted: {goal} of at least {share}, with a confidence of {confidence} each\n"
        "Holds for reports like those of the sample; categories without a threshold keep the model's",
    ),
    "threshold.promised": (
        "{name}：{counted} 句中 {right} 句对（{share}），相当于 {size} 个独立的句子，"
        "至少 {lower}，可以保证",
        "{name}: {right} of {counted} right ({share}), worth {size} independent sentences, at "
        "least {lower}: promised",
    ),
    "threshold.more": (
        "{name}：{counted} 句中 {right} 句对（{share}），相当于 {size} 个独立的句子，只能说至少 {lower}，"
        "不能保证；比率不变的话，估计还要再标约 {more} 句",
        "{name}: {right} of {counted} right ({share}), worth {size} independent sentences, at "
        "least {lower} only: not promised; at the present rates about {more} more sentences need "
        "labels",
    ),
    "threshold.hopeless": (
        "{name}：{counted} 句中 {right} 句对（{share}），达不到要求，不能保证；比率不变的话，再标也不行",
        "{name}: {right} of {counted} right ({share}), below what is wanted: not promised, and at "
        "the present rates no more labels would do",
    ),
    "threshold.unseen": (
        "{name}：样本里没有可以算的句子，不能保证",
        "{name}: the sample holds no sentence that counts: not promised",
    ),
    "threshold.title": (
        "{documents} 份文档 {sentences} 句；要求{goal}不低于 {share}，每一项各有 {confidence} 的把握",
        "{sentences} sentences of {documents} documents; wanted: {goal} of at least {share}, with a "
        "confidence of {confidence} each",
    ),
    "threshold.value": ("阈值", "threshold"),
    "threshold.lower": ("至少", "at least"),
    "threshold.worth": ("相当于独立句数", "independent sentences"),
    "threshold.kept": ("用自带的", "as it comes"),
    "threshold.of_flags": (
        "这样筛查，标出的句子总的精确率是 {precision}（{precision_low}–{precision_high}），"
        "召回率是 {recall}（{recall_low}–{recall_high}）。"
        "阈值是照这份样本选的，这两个数偏乐观，不是保证；要核实，请另抽一份样本用 zhaojing evaluate 评测。",
        "All flags together then have a precision of {precision} ({precision_low}–{precision_high}) "
        "and a recall of {recall} ({recall_low}–{recall_high}). The thresholds were chosen on this "
        "sample, so both are on the bright side and no promise; to check them, draw another "
        "sample and use zhaojing evaluate.",
    ),
    "threshold.written": ("阈值已写入 {path}", "thresholds written to {path}"),
    "threshold.nothing": (
        "没有一项可以保证，什么也没有写出",
        "nothing can be promised, and nothing was written",
    ),
    # samples, and the workbooks in which people label them
    "sample.strategy": (
        "--strategy 只能是 {known}",
        "--strategy is one of {known}",
    ),
    "sample.size": ("--size 至少是 {fewest}", "--size is {fewest} or more"),
    "sample.format": (
        "样本只能写成 .xlsx（给人标注）或 .jsonl；请改扩展名",
        "a sample is written as .xlsx, for people, or .jsonl; change the name",
    ),
    "sample.exists": (
        "已经有这个文件，可能有人标过，不覆盖；请换一个文件名",
        "the file exists and somebody may have labelled it; choose another name",
    ),
    "sample.neighbours": (
        "字段 {field} 应当是一串 [标题, 句子]；请重新抽样，或删去这个字段",
        "the field {field} is a list of [heading, sentence]; draw again, or remove it",
    ),
    "sample.drawn": (
        "从 {population} 句中抽出 {count} 句（{documents} 份文档），已写入 {path}",
        "{count} of {population} sentences drawn ({documents} documents), written to {path}",
    ),
    "sample.for_learning": (
        "这是为训练挑的难句，不能用来估计准确程度，也不能用来定阈值",
        "these were chosen to learn from; they tell nothing of how right the model is in general",
    ),
    "sample.title": ("照镜标注表", "sentences to label"),
    "sample.how": ("说明", "how to"),
    "sample.sheet": ("标注", "sentences"),
    "sample.instructions": (
        "请在“标注”表的黄色格里，给每一句选类别、角色和美化等级；角色和等级每句必填。\n"
        "类别可以不填，就是一类也没有；有几类的，用顿号分开。角色是“其他”的句子没有类别。\n"
        "只标“句子”一列；前文、后文和标题只帮助理解。\n"
        "美化等级：0 没有自夸，1 一般套话，2 明显拔高，3 极度拔高。\n"
        "两个人各用一份，各标各的，标完之前不要商量；拿不准的写在备注里。\n"
        "行可以排序、筛选，不要改句子，也不要动隐藏列。标完用 zhaojing data import 收回。\n"
        "完整的规则见 docs/annotation-guideline.md。下面是各类别和角色的意思：",
        "In the yellow cells of the other sheet give each sentence its practices, role and level; "
        "role and level are needed for every sentence.\n"
        "No practice may be left empty; several have commas between. A sentence whose role is "
        "other has none.\n"
        "Label the sentence alone; heading and neighbours only help to understand it.\n"
        "Level: 0 no praise, 1 stock phrases, 2 strong, 3 extreme.\n"
        "Two people take a copy each and do not confer before both are done; doubts go into the "
        "remark.\n"
        "Rows may be sorted and filtered; change no sentence and no hidden column. Then run "
        "zhaojing data import.\n"
        "All rules: docs/annotation-guideline.md. What practices and roles mean:",
    ),
    "sample.before": ("前文", "before it"),
    "sample.after": ("后文", "after it"),
    "sample.level": ("美化等级", "level"),
    "sample.categories_hint": (
        "可以写几类，用顿号分开；一类也没有就空着",
        "several with commas between; empty if there is none",
    ),
    "sample.role_hint": ("必填", "needed"),
    "sample.level_hint": (
        "必填：0 没有自夸，1 一般套话，2 明显拔高，3 极度拔高",
        "needed: 0 no praise, 1 stock phrases, 2 strong, 3 extreme",
    ),
    "sample.not_ours": (
        "不是照镜写出的标注表：没有隐藏列 {column}；请用原来的表",
        "is no sample of zhaojing, since it lacks the hidden column {column}; take the original",
    ),
    "sample.unlabelled": (
        "一句也没有标，什么也没有写出",
        "no sentence is labelled, nothing was written",
    ),
    "sample.key": (
        "隐藏列 {column} 的内容缺失或被改动，无法对应到原句；请从原来的标注表整行复制",
        "the hidden column {column} is empty or changed; copy the whole row from the original",
    ),
    "sample.changed": (
        "句子被改过；请从原来的标注表复制回来",
        "the sentence was changed; copy it from the original",
    ),
    "sample.twice": (
        "同一句有两行，标得不一样；请只留一行",
        "two rows of one sentence differ; keep one",
    ),
    "sample.imported": (
        "{count} 句已写入 {path}",
        "{count} sentences written to {path}",
    ),
    "sample.left_empty": (
        "{count} 句没有标，没有写出；漏标的往往是难句，缺了它们，评测结果会偏高，请标完再评测",
        "{count} sentences are not labelled and left out; those are often the hard ones, so label "
        "all of them before measuring",
    ),
    "metric.name": ("指标", "metric"),
    "metric.value": ("值", "value"),
    "metric.interval": ("95% 区间", "95% interval"),
    "metric.support": ("支持数", "support"),
    "metric.precision": ("精确率", "precision"),
    "metric.recall": ("召回率", "recall"),
    "metric.f1": ("F1", "F1"),
    # the page of an evaluation
    "evaluation.occupied": (
        "里面有别的内容，不能拿来放评测结果；请换一个新的文件夹",
        "holds something else than an evaluation; name a new folder",
    ),
    "evaluation.title": ("评测结果", "evaluation"),
    "evaluation.skip": ("跳到主要数字", "skip to the figures"),
    "evaluation.notice": (
        "数字说的是模型在下面这些句子上的表现。换一批材料，结果会变；变多少，看 95% 区间和各类材料的差别。",
        "The figures tell how the models did on the sentences named below. On other papers they "
        "will differ; the 95% intervals and the slices say by how much.",
    ),
    "evaluation.missed": (
        "{total} 项要求里有 {count} 项没有达到",
        "{count} of {total} requirements were missed",
    ),
    "evaluation.about": ("测的是什么", "what was measured"),
    "evaluation.gold": ("标注数据", "annotated data"),
    "evaluation.size": ("规模", "size"),
    "evaluation.support": (
        "{sentences} 句，{documents} 篇",
        "{sentences} sentences, {documents} documents",
    ),
    "evaluation.weighted": (
        "（分层抽样，各句按抽样权重计）",
        "(a stratified sample; sentences count by their weights)",
    ),
    "evaluation.gold_or_behaviour": (
        "请给出标注数据，或用 --behaviour 给出行为测试，两者取一",
        "name annotated records, or behavioural tests with --behaviour: one of the two",
    ),
    "evaluation.mode": ("筛查松紧", "mode"),
    "evaluation.written": (
        "评测结果写在 {path}，请打开其中的 report.html",
        "the evaluation is in {path}; open report.html there",
    ),
    "evaluation.model": ("模型 {model}", "model {model}"),
    "evaluation.figures": ("主要数字", "main figures"),
    "evaluation.asked": ("问的是", "question"),
    "evaluation.interval": ("95% 区间 {low}–{high}", "95% interval {low}–{high}"),
    "evaluation.no_interval": ("没有区间", "no interval"),
    "evaluation.ends": ("（{ends}）", "({ends})"),
    "evaluation.about_figures": (
        "括号里是 95% 区间，下面是这个数字所依据的句数和篇数。",
        "In brackets the 95% interval, below it the sentences and documents a figure rests on.",
    ),
    "evaluation.few_sign": (
        "括号里是 95% 区间，n 是句数，{sign} 是样本太少、靠不住",
        "in brackets the 95% interval; n counts sentences; {sign} marks too few to rely on",
    ),
    "evaluation.few": ("样本太少，靠不住", "too few to rely on"),
    "headline.precision": (
        "标出的句子，有多少真该看",
        "of the flagged sentences, how many deserve it",
    ),
    "headline.precision_means": ("精确率；其余是误报", "precision; the others are false alarms"),
    "headline.recall": (
        "真该看的句子，有多少标出了",
        "of those that deserve a flag, how many got it",
    ),
    "headline.recall_means": ("召回率；其余是漏报", "recall; the others were missed"),
    "headline.right": ("类别和角色全对的句子", "sentences with practices and role all right"),
    "headline.right_means": ("占全部句子", "of all sentences"),
    "headline.roles": ("角色判对的句子", "sentences with the right role"),
    "headline.roles_means": (
        "问题、措施、成绩、其他，四选一",
        "one of problem, measure, achievement and other",
    ),
    "headline.categories": ("六类做法认得准不准", "how well the six practices are told"),
    "headline.categories_means": ("宏平均 F1，1 为全对", "macro F1; 1 is perfect"),
    "headline.problems": (
        "作为问题来写的做法认得准不准",
        "how well practices told as problems are told",
    ),
    "headline.problems_means": (
        "宏平均 F1，类别和“问题”角色都要对",
        "macro F1; the practice and the role of problem must both be right",
    ),
    "headline.levels": (
        "美化等级与人的标注合不合",
        "how well levels of praise agree with people's",
    ),
    "headline.levels_means": (
        "二次加权 κ，1 为全合，0 为碰巧",
        "quadratic kappa; 1 is full agreement, 0 is chance",
    ),
    "headline.calibration": (
        "说的把握与实际差多少",
        "how far stated certainty is from what happens",
    ),
    "headline.calibration_means": (
        "角色的校准误差，越小越好",
        "calibration error of the role; small is good",
    ),
    "evaluation.labels": ("模型 A 逐项", "model A, label by label"),
    "evaluation.label": ("标签", "label"),
    "evaluation.slices": ("最差的地方", "where it is worst"),
    "evaluation.about_slices": (
        "模型 A 在各类材料上的表现，从最差的排起。",
        "Model A on parts of the data, the worst first.",
    ),
    "evaluation.slice": ("材料", "part"),
    "evaluation.worse": ("明显低于总体", "clearly below the whole"),
    "evaluation.no_slices": (
        "没有一组材料够大，能单独看。",
        "No part of the data is large enough to be looked at alone.",
    ),
    "evaluation.slices_small": (
        "另有 {count} 组样本太少，不能作数，只写在 metrics.json 里。",
        "{count} more parts are too small to mean anything; metrics.json has them.",
    ),
    "slice.genre": ("体裁", "genre"),
    "slice.probe": ("专门的考题", "probe"),
    "slice.length": ("句长（字）", "length in characters"),
    "slice.heading": ("所在标题", "heading"),
    "slice.year": ("年份", "year"),
    "slice.source": ("来源", "source"),
    "slice.absent": ("没有写明", "not given"),
    "slice.present": ("有", "given"),
    "slice.role_accuracy": ("角色对", "role right"),
    "evaluation.plots": ("图", "drawings"),
    "evaluation.precision_recall": ("标得准与标得全", "precision and recall"),
    "evaluation.about_precision_recall": (
        "门槛放低，找得全，但错得多。线越靠右上越好；圆点是现在的门槛，虚线是随意给的结果。",
        "A lower threshold finds more and errs more. The nearer to the upper right the better; the "
        "sign is the present threshold, the dotted line a random order.",
    ),
    "evaluation.confusion": ("错在哪里", "what is taken for what"),
    "evaluation.about_confusion": (
        "每行是人的标注，每列是模型给的；百分数占这一行。斜线上的是对的。",
        "Rows are gold, columns are given; shares are of the row. What lies on the diagonal is right.",
    ),
    "evaluation.reliability": ("说的把握可信不可信", "whether stated probabilities can be trusted"),
    "evaluation.about_reliability": (
        "模型说七成，实际就该有七成。点落在斜线上最好；在线下是说得过高，在线上是过低。",
        "Of what is said to be 70% sure, 70% should be so. Points should lie on the diagonal; "
        "below it the model says too much, above it too little.",
    ),
    "evaluation.selective": ("怎样安排人来看", "how to divide the work"),
    "evaluation.about_selective": (
        "前两幅：只留最有把握的给模型判，其中错多少。第三幅：按分值从高到低看，看多少能找到多少。",
        "First: how much is wrong if the model only decides what it is surest of. Last: how much is "
        "found by reading from the highest score down.",
    ),
    "evaluation.models_compared": ("模型之间比较", "models compared"),
    "evaluation.against": ("{second} 与 {first} 比", "{second} against {first}"),
    "evaluation.difference": ("差", "difference"),
    "evaluation.apart": ("（分得开）", "(apart)"),
    "evaluation.both": (
        "两个模型都对的 {both} 句，都错的 {neither} 句。",
        "Both are right on {both} sentences and wrong on {neither}.",
    ),
    "evaluation.alone": (
        "只有 {model} 对的 {count} 句",
        "{count} sentences that only {model} gets right",
    ),
    "evaluation.more": (
        "另有 {count} 项没有列出，见 {file}。",
        "{count} more are not shown here; see {file}.",
    ),
    "evaluation.errors": ("最有把握的错", "surest errors"),
    "evaluation.about_errors": (
        "模型 A 与标注不同、而它最有把握的句子：不是模型有盲点，就是标注有问题。",
        "Where model A differs from gold and is surest: either the model is blind there, or the "
        "label is wrong.",
    ),
    "evaluation.no_errors": ("没有可列的错。", "There is no error to list."),
    "evaluation.suspected": ("疑似标错的句子", "labels that may be wrong"),
    "evaluation.about_suspected": (
        "照模型 A 对其他句子的判断推算，标注可能有误，请人再看一遍。只有模型没有用这些句子训练过，这张单子才有意义。",
        "By what model A says of the other sentences, these gold labels may be wrong; have a "
        "person look again. The list means something only if the model was not trained on them.",
    ),
    "evaluation.no_suspected": ("没有疑似标错的句子。", "No label is suspected."),
    "evaluation.place": ("{document} 第 {sentence} 句", "{document}, sentence {sentence}"),
    "evaluation.case": (
        "{question}：标注“{gold}”，模型“{model}”（把握 {probability}）",
        "{question}: gold {gold}, model {model} ({probability} sure)",
    ),
    "evaluation.yes": ("有", "yes"),
    "evaluation.no": ("没有", "no"),
    "evaluation.gates": ("要求", "requirements"),
    "evaluation.gate": ("要求", "requirement"),
    "evaluation.result": ("结果", "result"),
    "evaluation.passed": ("达到", "passed"),
    "evaluation.not_passed": ("没有达到", "missed"),
    "evaluation.agreement": ("与两位标注人比", "beside two annotators"),
    "evaluation.about_agreement": (
        "两人都标过的 {documents} 篇、{sentences} 句。数字是 κ：1 为全合，0 为碰巧。",
        "{documents} documents, {sentences} sentences that both annotated. The figures are kappa: "
        "1 is full agreement, 0 is chance.",
    ),
    "evaluation.people": ("两人之间", "the two people"),
    "evaluation.model_first": ("模型与甲", "model and first"),
    "evaluation.model_second": ("模型与乙", "model and second"),
    "standing.more": ("比两人之间还合", "agrees more than the people"),
    "standing.as_much": ("与两人之间相当", "agrees as much as the people"),
    "standing.less": ("不如两人之间", "agrees less than the people"),
    "standing.unclear": ("样本不够，看不出", "too few to tell"),
    "standing.undefined": ("算不出", "undefined"),
    "evaluation.how": ("怎样读这一页", "how to read this page"),
    "term.interval": ("95% 区间", "95% interval"),
    "term.interval_means": (
        "把文档有放回地重抽 {resamples} 次，每次重算，中间 95% 的结果落在这个范围。同一篇里的句子彼此相像，"
        "所以整篇整篇地抽。不足 10 篇不给区间。",
        "Documents are drawn again with replacement {resamples} times, and 95% of the results lie "
        "between these ends. Sentences of one document are alike, so whole documents are drawn. "
        "Fewer than 10 documents give no interval.",
    ),
    "term.few": ("样本太少", "too few"),
    "term.few_means": (
        "依据不足 30 句或不足 10 篇的数字，不能拿来下结论。",
        "A figure that rests on fewer than 30 sentences or 10 documents supports no conclusion.",
    ),
    "term.precision": ("精确率、召回率", "precision, recall"),
    "term.precision_means": (
        "精确率：模型给了的，有多少给得对。召回率：该给的，有多少给了。一个高了，另一个往往就低。",
        "Precision: of what the model gives, how much is right. Recall: of what should be given, "
        "how much is. As one rises the other tends to fall.",
    ),
    "term.f1": ("F1、宏平均", "F1, macro average"),
    "term.f1_means": (
        "F1 是精确率和召回率的调和平均，哪一个低都会把它拉下来。宏平均是各类的 F1 再平均，少见的类与常见的类一样算。",
        "F1 is the harmonic mean of precision and recall, drawn down by either. A macro average "
        "counts a rare label as much as a common one.",
    ),
    "term.kappa": ("κ", "kappa"),
    "term.kappa_means": (
        "去掉碰巧相同以后的相合程度：1 为全合，0 为碰巧，负数比碰巧还差。二次加权时，差两级的错比差一级的重四倍。",
        "Agreement beyond chance: 1 is full, 0 is chance, below 0 is worse. With quadratic weights "
        "an error of two levels counts four times one of one level.",
    ),
    "term.calibration": ("误差、Brier", "error, Brier"),
    "term.calibration_means": (
        "误差：把句子按模型说的概率分成同样大小的 15 组，每组说的与实际的差，再平均。"
        "Brier：说的概率与实际（0 或 1）之差的平方的平均。都是越小越好。",
        "Error: sentences are put into 15 bins of equal size by the probability stated; the mean gap "
        "between what was stated and what happened. Brier: the mean squared gap, sentence by "
        "sentence. Small is good.",
    ),
    "term.aurc": ("AURC", "AURC"),
    "term.aurc_means": (
        "只判最有把握的一部分，错的占比随这一部分变大而怎样变，整条线下的面积；越小越好。",
        "Area under the share of errors as the model decides more and more, surest first; small is "
        "good.",
    ),
    "term.p": ("p", "p"),
    "term.p_means": (
        "两个模型其实一样时，碰巧差这么多的机会。同时看许多项，总有几项碰巧很小，不要只挑小的看。",
        "The chance of such a difference if the models were alike. Of many figures some are small "
        "by chance; do not pick them out.",
    ),
    "term.suspected": ("疑似标错", "labels that may be wrong"),
    "term.suspected_means": (
        "用置信学习找出：模型对这一句给另一个标签的概率，超过了它给那个标签的句子的平均概率。只是线索，要人来定。",
        "Found by confident learning: the model gives another label a probability above its mean "
        "for sentences of that label. A lead for a person to decide.",
    ),
    "evaluation.command": ("怎样重做", "how to make it again"),
    "evaluation.files": (
        "同一文件夹里：metrics.json 是全部数字，predictions.jsonl 是逐句的标注与判断，"
        "to_check.jsonl 是要再看的句子（可直接改正后用作标注数据），plots 里是各幅图。",
        "Beside this page: metrics.json has every figure, predictions.jsonl gold and predictions "
        "sentence by sentence, to_check.jsonl the sentences to look at again (records that can be "
        "corrected and used), plots the drawings.",
    ),
    "reading.precision_recall": (
        "平均精确率 {value}（{interval}），随意给只有 {chance}。",
        "Average precision {value} ({interval}); a random order has {chance}.",
    ),
    "reading.operating": (
        "照现在的门槛，给出的有 {precision} 是对的，该给的给出了 {recall}。",
        "At the present threshold {precision} of what is given is right, and {recall} of what "
        "should be given is.",
    ),
    "reading.never": (
        "照现在的门槛，一句也没有给出。",
        "At the present threshold it is never given.",
    ),
    "reading.no_gold": ("标注里没有这样的句子。", "No sentence has it in gold."),
    "reading.few": (
        "只有 {sentences} 句、{documents} 篇，靠不住。",
        "It rests on {sentences} sentences of {documents} documents only: too few to rely on.",
    ),
    "reading.others": ("其他模型：{others}。", "Other models: {others}."),
    "reading.roles": (
        "最常见的错：该是“{gold}”的给成了“{given}”，{count} 句，占“{gold}”的 {share}。",
        "The commonest error: {gold} taken for {given}, {count} sentences, {share} of {gold}.",
    ),
    "reading.no_confusion": ("没有一句判错。", "No sentence is wrong."),
    "reading.levels": (
        "{same} 的句子等级相同，{over} 给高了，{under} 给低了；差两级以上的占 {far}。",
        "{same} of the sentences get their level, {over} a higher and {under} a lower one; {far} are "
        "off by two or more.",
    ),
    "reading.fair": (
        "总体上说的与实际相符（平均差 {gap}）。",
        "On the whole it says what happens (mean gap {gap}).",
    ),
    "reading.too_high": ("总体上说得过高，平均高 {gap}。", "On the whole it says {gap} too much."),
    "reading.too_low": ("总体上说得过低，平均低 {gap}。", "On the whole it says {gap} too little."),
    "reading.worst_bin": (
        "差得最多的一组：说 {stated}，实际 {happened}（{count} 句）。",
        "The widest gap: {stated} stated, {happened} so ({count} sentences).",
    ),
    "reading.risk_labels": (
        "全部交给模型，{every} 全对；把它最没把握的 {share} 留给人，其余的 {kept} 全对。",
        "Left to itself the model gets {every} all right; with the {share} it is least sure of left "
        "to a person, {kept} of the rest.",
    ),
    "reading.risk_flagged": (
        "标出的句子里 {every} 该标；去掉最没把握的 {share}，其余的 {kept} 该标。",
        "Of the flags {every} are right; without the {share} it is least sure of, {kept}.",
    ),
    "reading.workload": (
        "要找到 {found} 应标的句子，按分值从高到低看全部的 {read}（{interval}），即 {sentences} 句；"
        "随意看要 {random} 句。",
        "To find {found} of the true flags, read {read} of all from the highest score down "
        "({interval}), {sentences} sentences; in random order {random}.",
    ),
    "reading.apart": (
        "{model} 比 A 好：{better}；比 A 差：{worse}。其余分不开。",
        "{model} is better than A at: {better}; worse at: {worse}. The rest cannot be told apart.",
    ),
    "reading.alike": (
        "{model} 与 A 在这些数字上分不开。",
        "{model} and A cannot be told apart by these figures.",
    ),
    # the drawings of an evaluation: run scripts/subset_font.py after a change
    "plot.levels_of": ("美化等级", "level of praise"),
    "plot.precision": ("精确率", "precision"),
    "plot.recall": ("召回率", "recall"),
    "plot.average_precision": ("平均精确率", "AP"),
    "plot.flagged": ("标出的句子", "flagged sentences"),
    "plot.role": ("角色", "role"),
    "plot.embellishment": ("美化度", "self-praise"),
    "plot.roles": ("角色：标注与模型 {model}", "roles: gold and model {model}"),
    "plot.levels": ("美化等级：标注与模型 {model}", "levels of praise: gold and model {model}"),
    "plot.gold": ("人的标注", "gold label"),
    "plot.given": ("模型给出", "given by the model"),
    "plot.stated": ("模型说的概率", "probability stated"),
    "plot.happened": ("实际占比", "share that was so"),
    "plot.stated_level": ("模型给的分值", "score given"),
    "plot.happened_level": ("标注的等级 ÷ 3", "gold level / 3"),
    "plot.calibration_error": ("误差", "error"),
    "plot.risk_labels": ("类别和角色判错", "practice or role wrong"),
    "plot.risk_flagged": ("标出而不该标", "flagged wrongly"),
    "plot.coverage": (
        "交给模型判的占比（从最有把握的起）",
        "share left to the model, surest first",
    ),
    "plot.risk": ("其中判错的", "wrong among these"),
    "plot.workload": ("按分值从高到低复核", "reading from the highest score down"),
    "plot.read": ("读了全部句子的", "share of all sentences read"),
    "plot.found": ("找到应标句子的", "share of true flags found"),
    "plot.differences": ("与模型 A 的差（95% 区间）", "difference from model A (95% interval)"),
    "plot.better": ("大于 0 是比 A 好", "above 0 is better than A"),
    "plot.minus": ("{model} 减 A", "{model} minus A"),
    "plot.right": ("类别和角色都对", "practice and role right"),
    "plot.flagged_f1": ("标出 F1", "flags, F1"),
    "plot.categories_f1": ("类别 F1", "practices, F1"),
    "plot.problems_f1": ("问题类别 F1", "problems, F1"),
    "plot.role_f1": ("角色 F1", "roles, F1"),
    "plot.kappa": ("美化等级 κ", "levels of praise, κ"),
}


def say(key: str, lang: Lang = DEFAULT_LANG, **values: object) -> str:
    """Return message ``key`` in ``lang`` with its placeholders filled in."""
    return MESSAGES[key][0 if lang == "zh" else 1].format(**values)
